//! What the grammar does not have.

use super::check;
use crate::asking::small;
use expect_test::expect;

#[tokio::test]
async fn syntax() {
    let server = small().await;
    check(
        server,
        "Conversation?$filter=id eq",
        expect![[r#"
        400
        {"error":{"code":"SyntaxError","message":"expected an operand, found the end","target":"$filter","innererror":{"position":7,"length":0}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=id = 1",
        expect![[r#"
        400
        {"error":{"code":"SyntaxError","message":"expected an operator or the end, found '='; compare with 'eq'","target":"$filter","innererror":{"position":5,"length":1,"hint":"compare with 'eq'"}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=(id eq 1",
        expect![[r#"
        400
        {"error":{"code":"SyntaxError","message":"expected an operator or ')', found the end","target":"$filter","innererror":{"position":12,"length":0}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=identifier eq 'x",
        expect![[r#"
            400
            {"error":{"code":"SyntaxError","message":"expected a literal, found a string without its closing quote; close the string with a single quote; inside it a single quote is doubled, and '&' is written '%26'","target":"$filter","innererror":{"position":18,"length":2,"hint":"close the string with a single quote; inside it a single quote is doubled, and '&' is written '%26'"}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=",
        expect![[r#"
        400
        {"error":{"code":"SyntaxError","message":"expected an operand, found the end","target":"$filter","innererror":{"position":0,"length":0}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=id eq 1 1",
        expect![[r#"
        400
        {"error":{"code":"SyntaxError","message":"expected an operator or the end, found '1'","target":"$filter","innererror":{"position":14,"length":1}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=id eq 1 and or id eq 2",
        expect![[r#"
            400
            {"error":{"code":"SyntaxError","message":"expected an operand, found 'or'","target":"$filter","innererror":{"position":20,"length":2}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=messages/any(m:)",
        expect![[r#"
            400
            {"error":{"code":"SyntaxError","message":"expected an operand, found ')'","target":"$filter","innererror":{"position":15,"length":1}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=messages/all()",
        expect![[r#"
        400
        {"error":{"code":"SyntaxError","message":"expected a range variable, as in 'any(x:x/id eq 1)', found ')'","target":"$filter","innererror":{"position":13,"length":1}}}"#]],
    );
    check(
        server,
        "Conversation?$select=id,,uuid",
        expect![[r#"
        400
        {"error":{"code":"SyntaxError","message":"expected the name of a property, or '*', found ','","target":"$select","innererror":{"position":3,"length":1}}}"#]],
    );
    check(
        server,
        "Conversation?$expand=messages($top=1",
        expect![[r#"
            400
            {"error":{"code":"SyntaxError","message":"expected ';' or ')', found the end","target":"$expand","innererror":{"position":15,"length":0}}}"#]],
    );
    check(
        server,
        "Conversation?$orderby=id descending",
        expect![[r#"
            400
            {"error":{"code":"SyntaxError","message":"expected an operator, 'asc', 'desc' or ',', found 'descending'; did you mean 'desc'?","target":"$orderby","innererror":{"position":5,"length":10,"hint":"did you mean 'desc'?"}}}"#]],
    );
    check(
        server,
        "Conversation?$apply=groupby(inbox_id)",
        expect![[r#"
            400
            {"error":{"code":"SyntaxError","message":"expected '(' before the grouping properties, found 'inbox_id'","target":"$apply","innererror":{"position":8,"length":8}}}"#]],
    );
    check(
        server,
        "Conversation?$filter=identifier eq 'ü' and %zz",
        expect![[r#"
            400
            {"error":{"code":"SyntaxError","message":"expected two hexadecimal digits behind '%', found '%zz'; a percent sign itself is written '%25'","target":"$filter","innererror":{"position":35,"length":3,"hint":"a percent sign itself is written '%25'"}}}"#]],
    );
}
