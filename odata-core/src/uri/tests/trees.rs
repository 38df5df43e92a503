//! Expressions and the trees that they make, written as `(operator operand ..)`.

use expect_test::{Expect, expect};

use super::super::ast::{Expr, ExprKind, Literal};
use super::super::parse;
use crate::limits::Limits;

#[track_caller]
fn check(filter: &str, expect: Expect) {
    let uri = parse("/M", &format!("$filter={filter}"), &Limits::default()).unwrap();
    let expr = uri.options.filter.unwrap();
    expect.assert_eq(&tree(&expr));
}

fn tree(expr: &Expr) -> String {
    let list = |name: &str, items: &[&Expr]| {
        let items: Vec<String> = items.iter().map(|item| tree(item)).collect();
        format!("({name} {})", items.join(" "))
    };
    let all = |items: &'_ [Expr]| items.iter().map(tree).collect::<Vec<_>>().join(" ");
    match &expr.kind {
        ExprKind::And(items) => format!("(and {})", all(items)),
        ExprKind::Or(items) => format!("(or {})", all(items)),
        ExprKind::Not(operand) => list("not", &[operand]),
        ExprKind::Negate(operand) => list("-", &[operand]),
        ExprKind::Binary(op, left, right) => list(op.name(), &[left, right]),
        ExprKind::Literal(Literal::DateTimeOffset(text) | Literal::TimeOfDay(text)) => text.clone(),
        ExprKind::Case(branches) => {
            let branches: Vec<String> = branches
                .iter()
                .map(|(condition, value)| format!("{} => {}", tree(condition), tree(value)))
                .collect();
            format!("(case {})", branches.join(", "))
        }
        _ => expr.to_string(),
    }
}

#[test]
fn precedence() {
    check("a or b and c", expect!["(or a (and b c))"]);
    check("a and b and c or d or e", expect!["(or (and a b c) d e)"]);
    check("(a and b) and c", expect!["(and (and a b) c)"]);
    check("1 add 2 mul 3 eq 7", expect!["(eq (add 1 (mul 2 3)) 7)"]);
    check("10 sub 4 sub 3 eq 3", expect!["(eq (sub (sub 10 4) 3) 3)"]);
    check("8 div 4 mul 2", expect!["(mul (div 8 4) 2)"]);
    check("id gt 3 eq private", expect!["(eq (gt id 3) private)"]);
    check("a eq b gt c", expect!["(eq a (gt b c))"]);
    check("not a eq b", expect!["(eq (not a) b)"]);
    check("not a in (1)", expect!["(not (in a (1)))"]);
    check("not not a and b", expect!["(and (not (not a)) b)"]);
    check("-a mul b", expect!["(mul (- a) b)"]);
    check("a sub -1", expect!["(sub a -1)"]);
    check("a sub - 1", expect!["(sub a (- 1))"]);
    check("a mul b in (1) or c", expect!["(or (mul a (in b (1))) c)"]);
    check("a eq 1 and b add 2 gt c or not d has 'x'", expect!["(or (and (eq a 1) (gt (add b 2) c)) (not (has d 'x')))"]);
    check("a AND b Or NOT c", expect!["(or (and a b) (not c))"]);
    check("(a eq 1)and(b)", expect!["(and (eq a 1) b)"]);
    check("not(a)", expect!["(not a)"]);
}

#[test]
fn times() {
    check("a le 2021-11-23T00:00:00+01:00", expect!["(le a 2021-11-23T00:00:00+01:00)"]);
    check("a le 2021-11-23T00:00:00%2B01:00", expect!["(le a 2021-11-23T00:00:00+01:00)"]);
    check("a le 2021-11-23T00:00:00%2001:00", expect!["(le a 2021-11-23T00:00:00+01:00)"]);
    check("a le 2021-11-23T00:00 and b", expect!["(and (le a 2021-11-23T00:00) b)"]);
    check("case(a eq 10:20:1)", expect!["(case (eq a 10:20) => 1)"]);
    check("case(a eq 10:20)", expect!["(case (eq a 10) => 20)"]);
    check("case(a eq 10:20,b:10:30)", expect!["(case (eq a 10) => 20, b => 10:30)"]);
    check("case(f(10:20) eq 1:2)", expect!["(case (eq f(10:20) 1) => 2)"]);
}

#[test]
fn spellings() {
    check("id eq +1L", expect!["(eq id 1)"]);
    check("a eq 1.50m", expect!["(eq a 1.50)"]);
    check("a eq datetime'2021-11-23T10:00:00'", expect!["(eq a 2021-11-23T10:00:00)"]);
    check("a eq %27O%27%27Neil%27", expect!["(eq a 'O''Neil')"]);
    check("a+eq+'x%2By%26z'", expect!["(eq a 'x%2By%26z')"]);
    check("a eq TRUE", expect!["(eq a true)"]);
    check("startsWith(a,'b')", expect!["startsWith(a,'b')"]);
    check("a in (@p)", expect!["(in a @p)"]);
    check("[\"\\u00fc\",'b']", expect!["['ü','b']"]);
}

/// Positions count characters of what the client wrote.
#[test]
fn positions() {
    let uri = parse("/M", "$filter=%C3%BC%20eq%20(b)", &Limits::default()).unwrap();
    let filter = uri.options.filter.unwrap();
    assert_eq!((filter.span.start, filter.span.len), (0, 17));
    let ExprKind::Binary(_, left, right) = filter.kind else {
        panic!("a comparison");
    };
    assert_eq!((left.span.start, left.span.len), (0, 6));
    assert_eq!((right.span.start, right.span.len), (15, 1));
}
