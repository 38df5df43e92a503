//! The example model of "OData Extension for Data Aggregation" (2.3), declared by the derive, with
//! its data: another service than the program's, made of the same parts.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use odata_core::ODataEntity;
use odata_core::edm::{Decimal, Model, NaiveDate, Scope};
use odata_core::error::Result;
use odata_core::service::{Authenticate, Caller, Secret};

use crate::{Database, Server};

/// One sale.
#[derive(ODataEntity)]
#[odata(table = "sales", entity_set = "Sales", unscoped)]
pub struct Sale {
    #[odata(key, name = "ID")]
    id: i32,
    #[odata(name = "CustomerID")]
    customer_id: String,
    #[odata(name = "Date")]
    date: NaiveDate,
    #[odata(name = "ProductID")]
    product_id: String,
    #[odata(name = "SalesOrganizationID")]
    sales_organization_id: String,
    #[odata(name = "CurrencyCode")]
    currency_code: String,
    #[odata(name = "Amount")]
    amount: Decimal,
    #[odata(name = "Customer", foreign_key = CustomerID)]
    customer: Option<Customer>,
    #[odata(name = "Time", foreign_key = Date)]
    time: Option<Time>,
    #[odata(name = "Product", foreign_key = ProductID)]
    product: Option<Product>,
    #[odata(name = "SalesOrganization", foreign_key = SalesOrganizationID)]
    sales_organization: Option<SalesOrganization>,
    #[odata(name = "Currency", foreign_key = CurrencyCode)]
    currency: Option<Currency>,
}

/// Who buys.
#[derive(ODataEntity)]
#[odata(table = "customers", entity_set = "Customers", unscoped)]
pub struct Customer {
    #[odata(key, name = "ID")]
    id: String,
    #[odata(name = "Name", searchable)]
    name: String,
    #[odata(name = "Country")]
    country: String,
    #[odata(name = "Sales", foreign_key = CustomerID)]
    sales: Vec<Sale>,
}

/// What is sold.
#[derive(ODataEntity)]
#[odata(table = "products", entity_set = "Products", unscoped)]
pub struct Product {
    #[odata(key, name = "ID")]
    id: String,
    #[odata(name = "CategoryID")]
    category_id: Option<String>,
    #[odata(name = "Name", searchable)]
    name: String,
    #[odata(name = "Color", searchable)]
    color: String,
    #[odata(name = "TaxRate")]
    tax_rate: Decimal,
    #[odata(name = "Category", foreign_key = CategoryID)]
    category: Option<Category>,
    #[odata(name = "Sales", foreign_key = ProductID)]
    sales: Vec<Sale>,
}

/// Products that belong together.
#[derive(ODataEntity)]
#[odata(table = "categories", entity_set = "Categories", unscoped)]
pub struct Category {
    #[odata(key, name = "ID")]
    id: String,
    #[odata(name = "Name")]
    name: String,
    #[odata(name = "Products", foreign_key = CategoryID)]
    products: Vec<Product>,
}

/// A day.
#[derive(ODataEntity)]
#[odata(table = "times", entity_set = "Time", unscoped)]
pub struct Time {
    #[odata(key, name = "Date")]
    date: NaiveDate,
    #[odata(name = "Month")]
    month: String,
    #[odata(name = "Quarter")]
    quarter: String,
    #[odata(name = "Year")]
    year: i32,
    #[odata(name = "Sales", foreign_key = Date)]
    sales: Vec<Sale>,
}

/// Who sells.
#[derive(ODataEntity)]
#[odata(
    table = "sales_organizations",
    entity_set = "SalesOrganizations",
    unscoped
)]
pub struct SalesOrganization {
    #[odata(key, name = "ID")]
    id: String,
    #[odata(name = "SuperordinateID")]
    superordinate_id: Option<String>,
    #[odata(name = "Name")]
    name: String,
    #[odata(name = "Superordinate", foreign_key = SuperordinateID)]
    superordinate: Option<Box<SalesOrganization>>,
}

/// What is paid in.
#[derive(ODataEntity)]
#[odata(table = "currencies", entity_set = "Currencies", unscoped)]
pub struct Currency {
    #[odata(key, name = "Code")]
    code: String,
    #[odata(name = "Name")]
    name: String,
}

/// Everything that the example declares.
pub fn model() -> Model {
    Model::new("SalesModel")
        .with::<Sale>()
        .with::<Customer>()
        .with::<Product>()
        .with::<Category>()
        .with::<Time>()
        .with::<SalesOrganization>()
        .with::<Currency>()
}

/// The example's data, for those who only read.
pub async fn database() -> Arc<Database> {
    let load = async |client: &tokio_postgres::Client| {
        let sql = include_str!("../fixtures/sales.sql");
        client.batch_execute(sql).await.unwrap();
    };
    Database::shared("sales", load).await
}

/// The example as a service, which asks nobody who they are.
pub async fn server() -> Server {
    Server::of_model(&*database().await, model(), Everybody)
}

struct Everybody;

impl Authenticate for Everybody {
    fn authenticate<'a>(&'a self, _: &'a Secret) -> BoxFuture<'a, Result<Caller>> {
        let caller = Caller {
            name: "everybody".to_owned(),
            scope: Scope::none(),
        };
        async { Ok(caller) }.boxed()
    }
}
