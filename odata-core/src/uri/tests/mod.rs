//! Errors as data: what was asked, and what the client reads.

mod bounds;
mod roundtrip;
mod rules;
mod trees;

use expect_test::{Expect, expect};

use super::parse;
use crate::limits::Limits;

/// Parses `url` and compares code, place, target, message and hint.
#[track_caller]
fn check(url: &str, expect: Expect) {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let text = match parse(path, query, &Limits::default()) {
        Ok(_) => "ok".to_owned(),
        Err(error) => {
            let target = error.target_name().unwrap_or("-");
            let mut text = format!("{} {target}", error.code().name());
            if let Some(span) = error.span() {
                text.push_str(&format!(" {}+{}", span.start, span.len));
            }
            text.push_str(&format!(": {error}"));
            if let Some(hint) = error.hint_text() {
                text.push_str(&format!(" ({hint})"));
            }
            text
        }
    };
    expect.assert_eq(&text);
}

#[test]
fn what_names_these_is_known_however_it_is_spelt() {
    for (query, expect) in [
        ("$filter=a gt $these/aggregate(a with average)", true),
        ("$filter=a gt %24these/aggregate(a with average)", true),
        ("$filter=a%20gt%20$th%65se/$count", true),
        ("$filter=a gt 1", false),
        ("$filter=a%20eq%20'%25'", false),
    ] {
        let uri = parse("/M", query, &Limits::default()).unwrap();
        assert_eq!(uri.names_these, expect, "{query}");
    }
}

#[test]
fn words_of_other_languages() {
    check("/M?$filter=id = 1", expect!["SyntaxError $filter 3+1: expected an operator or the end, found '=' (compare with 'eq')"]);
    check("/M?$filter=id == 1", expect!["SyntaxError $filter 3+2: expected an operator or the end, found '==' (compare with 'eq')"]);
    check("/M?$filter=id eq 1 %26%26 a", expect!["SyntaxError $filter 8+6: expected an operator or the end, found '&&' (combine with 'and')"]);
    check("/M?$filter=a eq \"x\"", expect!["SyntaxError $filter 5+3: expected an operand, found a string in double quotes (a string stands in single quotes, a name in none)"]);
    check("/M?$filter=a eq 'x", expect!["SyntaxError $filter 5+2: expected a literal, found a string without its closing quote (close the string with a single quote; inside it a single quote is doubled, and '&' is written '%26')"]);
    check("/M?$filter=a eq 'O'Neil'", expect!["SyntaxError $filter 8+4: expected an operator or the end, found 'Neil' (a single quote inside a string is doubled: 'O''Neil')"]);
    check("/M?$filter=contains(a,'O'Neil ", expect!["SyntaxError $filter 14+4: expected an operator, ',' or ')', found 'Neil' (a single quote inside a string is doubled: 'O''Neil')"]);
    check("/M?$filter=", expect!["SyntaxError $filter 0+0: expected an operand, found the end"]);
    check("/M?$filter=id eqq 1", expect!["SyntaxError $filter 3+3: expected an operator or the end, found 'eqq' (did you mean 'eq'?)"]);
    check("/M?$filter=id eq", expect!["SyntaxError $filter 5+0: expected an operand, found the end"]);
    check("/M?$filter=(id gt)", expect!["SyntaxError $filter 6+1: expected an operand, found ')'"]);
    check("/M?$filter=contains(a eq,b)", expect!["SyntaxError $filter 13+1: expected an operand, found ','"]);
    check("/M?$filter=(id in)", expect!["SyntaxError $filter 6+1: expected an operand, found ')'"]);
    check("/M?$expand=n($filter=a gt;$top=1)", expect!["SyntaxError $expand 14+1: expected an operand, found ';'"]);
    check("/M?$apply=filter(value%20gt)", expect!["SyntaxError $apply 17+1: expected an operand, found ')'"]);
    check("/M?$apply=compute(value mul as D)", expect!["SyntaxError $apply 18+2: expected an operand, found 'as'"]);
    check("/M?$compute=value mul as D", expect!["SyntaxError $compute 10+2: expected an operand, found 'as'"]);
    check("/M?$apply=aggregate(value add with sum as D)", expect!["SyntaxError $apply 20+4: expected an operand, found 'with'"]);
    check("/M?$filter=id eq 1 and", expect!["SyntaxError $filter 11+0: expected an operand, found the end"]);
    check("/M?$filter=(id eq 1", expect!["SyntaxError $filter 8+0: expected an operator or ')', found the end"]);
    check("/M?$filter=id eq 1; drop table messages", expect!["SyntaxError $filter 7+1: expected an operator or the end, found ';' (combine conditions with 'and' or 'or')"]);
    check("/M?$filter=d gt 2021-13-01", expect!["SyntaxError $filter 5+10: expected a literal, found '2021-13-01' (a date is written 2021-11-23, a time with it 2021-11-23T09:30:00Z)"]);
    check("/M?$filter=d gt 2021-11-23T24:00:00Z", expect!["SyntaxError $filter 5+20: expected a literal, found '2021-11-23T24:00:00Z' (a date is written 2021-11-23, a time with it 2021-11-23T09:30:00Z)"]);
    check("/M?$filter=x eq .1", expect!["SyntaxError $filter 5+1: expected an operand, found '.'"]);
    check("/M?$filter=x eq 42.", expect!["SyntaxError $filter 7+1: expected an operator or the end, found '.'"]);
    check("/M?$filter=id in (0,", expect!["SyntaxError $filter 9+0: expected an operand, found the end"]);
    check("/M?$filter=any(x:x/id eq 1)", expect!["SyntaxError $filter 3+2: expected a collection and '/' before 'any' (as in 'items/any(x:..)')"]);
    check("/M?$filter=a/all()", expect!["SyntaxError $filter 6+1: expected a range variable, as in 'any(x:x/id eq 1)', found ')'"]);
    check("/M?$filter=%zz", expect!["SyntaxError $filter 0+3: expected two hexadecimal digits behind '%', found '%zz' (a percent sign itself is written '%25')"]);
    check("/M?$filter=a%00", expect!["SyntaxError $filter 1+3: the character '%00' is not allowed"]);
    check("/M?$filter=a eq %C3%28", expect!["SyntaxError $filter 5+3: the percent-encoded bytes are not valid UTF-8"]);
    check("/M?$filter=a%20eq%20%27%C3%BC%27%20foo", expect!["SyntaxError $filter 24+3: expected an operator or the end, found 'foo'"]);
    check("/M?$search=%hello%", expect!["SyntaxError $search 0+3: expected two hexadecimal digits behind '%', found '%he' (a percent sign itself is written '%25')"]);
}

#[test]
fn options() {
    check("/M?$top=", expect!["InvalidOptionValue $top 0+0: expected a whole number, 0 or more, found nothing"]);
    check("/M?$top=-1", expect!["InvalidOptionValue $top 0+2: expected a whole number, 0 or more, found '-1'"]);
    check("/M?$top=1.5", expect!["InvalidOptionValue $top 0+3: expected a whole number, 0 or more, found '1.5'"]);
    check("/M?$top=abc", expect!["InvalidOptionValue $top 0+3: expected a whole number, 0 or more, found 'abc'"]);
    check("/M?$top=9223372036854775808", expect!["ok"]);
    check("/M?$top%3D3", expect!["OptionNotAllowed $top=3: unknown query option '$top=3' in the query (between an option and its value stands '=', not '%3D')"]);
    check("/M?$count=maybe", expect!["InvalidOptionValue $count 0+5: expected 'true' or 'false', found 'maybe'"]);
    check("/M?$count", expect!["SyntaxError $count: expected '=' and a value behind '$count'"]);
    check("/M?$nosuch=1", expect!["OptionNotAllowed $nosuch: unknown query option '$nosuch' in the query"]);
    check("/M?$fliter=1", expect!["OptionNotAllowed $fliter: unknown query option '$fliter' in the query (did you mean '$filter'?)"]);
    check("/M?$inlinecount=allpages", expect!["OptionNotAllowed $inlinecount: unknown query option '$inlinecount' in the query (did you mean '$count=true'?)"]);
    check("/M?$top=1&top=2", expect!["DuplicateOption $top: the option '$top' is given twice, once as 'top'"]);
    check("/M?$filter=id eq 1&%24FILTER=id eq 2", expect!["DuplicateOption $filter: the option '$filter' is given twice, once as '$FILTER'"]);
    check("/M?@p=1&@p=2", expect!["DuplicateOption @p: the alias '@p' is given twice"]);
    check("/M?$select=id,", expect!["SyntaxError $select 3+0: expected the name of a property, or '*', found the end"]);
    check("/M?$select=", expect!["SyntaxError $select 0+0: expected the name of a property, or '*', found the end"]);
    check("/M?$expand=", expect!["SyntaxError $expand 0+0: expected the name of a navigation property, or '*', found the end"]);
    check("/M?$orderby=", expect!["SyntaxError $orderby 0+0: expected an operand, found the end"]);
    check("/M?$orderby=a desc asc", expect!["SyntaxError $orderby 7+3: expected ',' or the end, found 'asc'"]);
    check("/M?$orderby=a asc 1", expect!["SyntaxError $orderby 6+1: expected ',' or the end, found '1'"]);
    check("/M?$orderby=a desc ,b", expect!["ok"]);
    check("/M?$orderby=a sideways", expect!["SyntaxError $orderby 2+8: expected an operator, 'asc', 'desc' or ',', found 'sideways'"]);
    check("/M?$compute=", expect!["SyntaxError $compute 0+0: expected an operand, found the end"]);
    check("/M?$compute=length(a)", expect!["SyntaxError $compute 9+0: expected an operator, or 'as' and a name, found the end"]);
    check("/M?$search=", expect!["SyntaxError $search 0+0: expected a word, a phrase in double quotes, 'NOT' or '(', found the end"]);
    check("/M?$search=(a", expect!["SyntaxError $search 2+0: expected a word, 'AND', 'OR' or ')', found the end"]);
    check("/M?$apply=", expect!["SyntaxError $apply 0+0: expected the name of a transformation, found the end"]);
    check("/M?$apply=aggregate($count)", expect!["SyntaxError $apply 16+1: expected 'as' and a name, found ')'"]);
    check("/M?$apply=nosuch(1)", expect!["SyntaxError $apply 0+6: expected a transformation, found 'nosuch' (among them are aggregate, compute, concat, filter, groupby, orderby, top and topcount)"]);
    check("/M?$apply=aggregate(value with som as x)", expect!["SyntaxError $apply 21+3: expected sum, min, max, average, countdistinct or a qualified method, found 'som' (did you mean 'sum'?)"]);
    check("/M?$apply=filter(value gt 0)/", expect!["SyntaxError $apply 19+0: expected the name of a transformation, found the end"]);
    check("/M?$expand=a($top=1,$skip=1)", expect!["SyntaxError $expand 8+1: expected ';' or ')', found ',' (options in parentheses are separated by ';')"]);
    check("/M?$expand=a($nosuch=1)", expect!["OptionNotAllowed $expand 2+7: unknown query option '$nosuch' in $expand"]);
    check("/M?$expand=a($top=-1)", expect!["InvalidOptionValue $expand 7+2: expected a whole number, 0 or more, found '-1'"]);
    check("/M?$expand=a($levels=0)", expect!["InvalidOptionValue $expand 10+1: expected a whole number, 1 or more, or 'max', found '0'"]);
    check("/M?$expand=a/$ref($select=b)", expect!["OptionNotAllowed $expand 7+7: '$select' is not allowed in $expand of '$ref'"]);
    check("/M?$levels=2", expect!["OptionNotAllowed $levels: '$levels' is not allowed in the query (as in $expand=items($levels=2))"]);
    check("/$metadata?$filter=true", expect!["OptionNotAllowed $filter: '$filter' is not allowed on $metadata"]);
}

#[test]
fn paths() {
    check("/Conversation%28id%3D1%29", expect!["ok"]);
    check("/M('a/b')", expect!["SyntaxError M('a/b') 5+1: expected no '/' between parentheses (a slash inside a string of the path is written '%2F')"]);
    check("/M('a%2Fb')", expect!["ok"]);
    check("/M('O%27Neil')", expect!["SyntaxError M('O'Neil') 8+4: expected an operator, ',' or ')', found 'Neil' (a single quote inside a string is doubled: 'O''Neil')"]);
    check("/M(1)/$vaule", expect!["UnknownSegment $vaule 6+6: no such segment '$vaule' here (did you mean '$value'?)"]);
    check("/M(1)/name/$value/x", expect!["UnknownSegment $value 17+1: expected the end of the path, found '/'"]);
    check("/M(1)/messages/$ref/$count", expect!["UnknownSegment $ref 19+1: expected the end of the path, found '/'"]);
    check("/$metdata", expect!["UnknownSegment $metdata 1+8: no such segment '$metdata' here (did you mean '$metadata'?)"]);
    check("/M(", expect!["SyntaxError M( 3+0: expected an operand, found the end"]);
    check("/M(null)", expect!["SyntaxError M(null) 2+6: expected a key: one literal or alias, or 'property=value' pairs"]);
    check("/M()", expect!["ok"]);
    check("/M(a=b)", expect!["SyntaxError M(a=b) 2+5: expected literals or aliases as arguments in a path (give the value as an alias: (name=@p) and &@p=.. in the query)"]);
    check("/M//a", expect!["UnknownSegment - 3+1: expected a segment, found an empty one"]);
    check("/1", expect!["SyntaxError 1 1+1: expected the name of an entity set, found '1'"]);
}
