//! The explorer: a page for whoever would rather look than write a URL.
//!
//! What comes in: where the service's root is, and the questions that its product is asked. What goes
//! out: one document with its style and its script in it, and the policy that allows these two and
//! nothing else. The page reads the model from the service's own `$metadata`; no model is known here.

mod assemble;

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse, guard};
use serde::Serialize;

/// What a page is about.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct About {
    /// The path of the service root with its slashes, as seen from where the page is: `/odata/`.
    pub root: String,
    /// What the page is called.
    pub title: String,
    /// Where a person finds an access token.
    pub token_hint: String,
    /// Whether the service takes a token in the URL: what is copied may hold one there.
    pub query_token: bool,
    /// What is often asked.
    pub questions: Vec<Question>,
}

/// A question that is one click away.
#[derive(Debug, Clone, Serialize)]
pub struct Question {
    /// What is asked, in a few words.
    pub title: &'static str,
    /// What the answer shows.
    pub text: &'static str,
    /// The URL that asks it, relative to the service root and not percent-encoded.
    pub url: &'static str,
}

/// The page, ready to be sent. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Explorer {
    document: Bytes,
    policy: String,
    tag: String,
}

impl Explorer {
    /// Puts the page together.
    pub fn new(about: &About) -> Explorer {
        let page = assemble::page(about);
        Explorer {
            tag: format!("W/\"{}\"", assemble::hash(page.document.as_bytes())),
            document: page.document.into(),
            policy: page.policy,
        }
    }

    /// Answers GET and HEAD of `/`; everything else is left to the application.
    pub fn configure(&self, app: &mut web::ServiceConfig) {
        let explorer = self.clone();
        let read = guard::Any(guard::Get()).or(guard::Head());
        app.service(
            web::resource("/")
                .guard(read)
                .to(move |request: HttpRequest| {
                    let answer = explorer.answer(&request);
                    async { answer }
                }),
        );
    }

    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let known = request.headers().get(IF_NONE_MATCH);
        let known = known.is_some_and(|tags| {
            let tags = tags.to_str().unwrap_or("").split(',');
            tags.map(str::trim).any(|tag| tag == self.tag)
        });
        let mut response = match known {
            true => HttpResponse::NotModified(),
            false => HttpResponse::Ok(),
        };
        response
            .insert_header((CONTENT_SECURITY_POLICY, self.policy.as_str()))
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .insert_header((REFERRER_POLICY, "no-referrer"))
            .insert_header(("Cross-Origin-Opener-Policy", "same-origin"))
            .insert_header(("Cross-Origin-Resource-Policy", "same-origin"))
            .insert_header((CACHE_CONTROL, "no-cache"))
            .insert_header((ETAG, self.tag.as_str()))
            .content_type("text/html; charset=utf-8");
        match known {
            true => response.finish(),
            false => response.body(self.document.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::{Method, StatusCode};
    use actix_web::{App, test};

    #[actix_web::test]
    async fn the_page_is_there_for_those_who_read_and_nobody_else() {
        let explorer = Explorer::new(&About {
            root: "/odata/".to_owned(),
            title: "Sales".to_owned(),
            token_hint: String::new(),
            query_token: true,
            questions: Vec::new(),
        });
        let app = App::new()
            .configure(|app| explorer.configure(app))
            .default_service(web::to(HttpResponse::ImATeapot));
        let app = test::init_service(app).await;
        let ask = |method: Method, path: &str, tag: &str| {
            test::TestRequest::with_uri(path)
                .method(method)
                .insert_header((IF_NONE_MATCH, tag))
                .to_request()
        };
        let page = test::call_service(&app, ask(Method::GET, "/", "")).await;
        assert_eq!(page.status(), StatusCode::OK);
        let headers = page.headers().clone();
        let said = |name| headers.get(name).unwrap().to_str().unwrap();
        assert_eq!(said(X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert_eq!(said(CONTENT_SECURITY_POLICY), explorer.policy);
        let tag = said(ETAG);
        let body = test::read_body(page).await;
        assert!(body.starts_with(b"<!doctype html>"));
        for (method, path, tag, status) in [
            (Method::HEAD, "/", "", StatusCode::OK),
            (Method::GET, "/?a=b", "", StatusCode::OK),
            (Method::GET, "/", tag, StatusCode::NOT_MODIFIED),
            (Method::GET, "/", "W/\"other\"", StatusCode::OK),
            (Method::POST, "/", "", StatusCode::IM_A_TEAPOT),
            (Method::GET, "/index.html", "", StatusCode::IM_A_TEAPOT),
        ] {
            let answer = test::call_service(&app, ask(method.clone(), path, tag)).await;
            assert_eq!(answer.status(), status, "{method} {path} {tag}");
        }
    }
}
