//! Models that are wrong on any database.

use super::*;

/// A wrong model is wrong on any database.
#[track_caller]
fn check_model(model: Model, expect: Expect) {
    let (_, findings) = resolve(&model, None);
    expect.assert_eq(&findings);
}

#[test]
fn a_wrong_model_is_refused() {
    check_model(
        Model::new("L").with::<Topic>().with::<Author>(),
        expect![[r#"
            Error Topic.books: its type 'Book' is not registered in the model
            Error Author.books: its type 'Book' is not registered in the model
            Error Author.held: its type 'Book' is not registered in the model
        "#]],
    );

    mod twice {
        #[derive(odata_derive::ODataEntity)]
        #[odata(table = "topics", unscoped)]
        pub(super) struct Topic {
            #[odata(key)]
            id: i64,
        }
        #[derive(odata_derive::ODataEntity)]
        #[odata(table = "notes", entity_set = "Books")]
        pub(super) struct Note {
            #[odata(key)]
            id: i64,
        }
    }
    let model = library().with::<twice::Topic>().with::<twice::Note>();
    check_model(
        model,
        expect![[r#"
        Error Topic: two entity types have this name
        Error Topic: two entity sets have this name
        Error Books: two entity sets have this name
        Error Note: says neither 'scope' nor 'unscoped', while 'Book' has a scope; every type must say which rows a caller may see
    "#]],
    );
    // Where no type has a scope, none needs to say so.
    check_model(Model::new("L").with::<twice::Note>(), expect![[""]]);

    #[derive(ODataEntity)]
    #[odata(table = "pages", unscoped)]
    struct Page {
        #[odata(key)]
        id: i64,
        #[odata(foreign_key = id)]
        same: Option<Box<Page>>,
        #[odata(inverse = nothing)]
        a: Vec<Page>,
        #[odata(inverse = a)]
        b: Vec<Page>,
        #[odata(inverse = title)]
        c: Vec<Page>,
        #[odata(foreign_key = id)]
        parts: Vec<Page>,
        #[odata(inverse = parts)]
        d: Vec<Page>,
        title_id: i64,
        #[odata(foreign_key = title_id)]
        title: Option<Title>,
    }
    #[derive(ODataEntity)]
    #[odata(table = "titles", unscoped)]
    struct Title {
        #[odata(key)]
        id: i64,
        #[odata(inverse = same)]
        pages: Vec<Page>,
    }
    check_model(
        Model::new("L").with::<Page>().with::<Title>(),
        expect![[r#"
            Error Page.a: 'Page' has no navigation property 'nothing'
            Error Page.b: it is the reverse of 'Page.a', which is an inverse itself
            Error Page.c: it is the reverse of 'Page.title', which leads to 'Title'
            Error Page.d: it is the reverse of 'Page.parts', which is a collection by a foreign key, so that its reverse is an `Option`
            Error Title.pages: it is the reverse of 'Page.same', which leads to 'Page'
        "#]],
    );
}

#[test]
fn two_ways_back_are_no_partners() {
    #[derive(ODataEntity)]
    #[odata(table = "pages")]
    struct Page {
        #[odata(key)]
        id: i64,
        sheet_id: i64,
        #[odata(foreign_key = sheet_id)]
        sheet: Option<Sheet>,
    }
    #[derive(ODataEntity)]
    #[odata(table = "sheets")]
    struct Sheet {
        #[odata(key)]
        id: i64,
        #[odata(foreign_key = sheet_id)]
        pages: Vec<Page>,
        #[odata(foreign_key = sheet_id)]
        sides: Vec<Page>,
    }
    let (schema, findings) = resolve(&Model::new("L").with::<Page>().with::<Sheet>(), None);
    assert_eq!(findings, "");
    for navigation in schema.sets().iter().flat_map(|set| &set.navigation) {
        assert_eq!(navigation.partner, None);
    }
}
