//! The service on the model's tables, asked in this process.

use super::model;
use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::{App, test};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, LocalBoxFuture};
use odata_core::db::{Database, PoolOptions};
use odata_core::edm::{ResolveOptions, Schema, Scope};
use odata_core::error::Result;
use odata_core::limits::Limits;
use odata_core::plan::{self, Page, Plan};
use odata_core::service::{Authenticate, Caller, Secret, Service, Settings};
use odata_core::{sql, uri};
use tests::oracle::World;

/// What the service answered.
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) text: String,
}

struct Anybody;

impl Authenticate for Anybody {
    fn authenticate<'a>(&'a self, _: &'a Secret) -> BoxFuture<'a, Result<Caller>> {
        let caller = Caller {
            name: "anybody".to_owned(),
            scope: Scope::none(),
        };
        async move { Ok(caller) }.boxed()
    }
}

type Send = dyn Fn(String) -> LocalBoxFuture<'static, Response>;

/// The running service with its database, which goes with it.
pub(super) struct Running {
    send: Box<Send>,
    schema: Schema,
    _database: tests::Database,
}

impl Running {
    pub(super) async fn start(world: &World) -> Running {
        let database = tests::Database::empty().await;
        let client = database.connect().await;
        if let Err(error) = client.batch_execute(&model::script(world)).await {
            panic!("{error:?}");
        }
        let config = database.connection_string().parse().unwrap();
        let options = PoolOptions {
            size: 2,
            ..PoolOptions::default()
        };
        let served = Database::open(config, options).unwrap();
        let catalogue = served.catalogue("public").await.unwrap();
        let (schema, findings) = Schema::resolve(
            &model::model(),
            Some(&catalogue),
            &ResolveOptions::default(),
        );
        assert!(findings.is_empty(), "{findings:?}");
        let service = Service::new(Settings::default(), served, Anybody);
        service.serve(schema.clone());
        let app = test::init_service(App::new().configure(|app| service.configure(app))).await;
        let app = std::rc::Rc::new(app);
        Running {
            send: Box::new(move |url| {
                let app = app.clone();
                async move {
                    let request = test::TestRequest::default()
                        .method(Method::GET)
                        .uri(&url)
                        .insert_header(("Host", "localhost"))
                        .insert_header(("apikey", "x"))
                        .insert_header(("Accept", "application/json;IEEE754Compatible=true"));
                    let response: ServiceResponse<_> =
                        test::call_service(&*app, request.to_request()).await;
                    let status = response.status().as_u16();
                    let body = test::read_body(response).await;
                    Response {
                        status,
                        text: String::from_utf8_lossy(&body).into_owned(),
                    }
                }
                .boxed_local()
            }),
            schema,
            _database: database,
        }
    }

    /// The statement that the service makes of a request, for a report.
    pub(super) fn sql(&self, request: &str) -> String {
        let (path, query) = request.split_once('?').unwrap_or((request, ""));
        let (path, query) = (super::encode(path), super::encode(query));
        let limits = Limits::default();
        let plan = uri::parse(&path, &query, &limits)
            .and_then(|uri| plan::bind(&self.schema, &uri, &limits));
        match plan {
            Ok((Plan::Data(data), keys)) => {
                let page = Page::first(limits.page_size);
                sql::select(&self.schema, &data, &keys, &Scope::none(), &page).text
            }
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        }
    }

    /// Asks for a path and query as people write it, behind the service root.
    pub(super) async fn get(&self, request: &str) -> Response {
        (self.send)(format!("/odata/{}", super::encode(request))).await
    }
}
