//! Rules of the ABNF, each with texts that it allows and texts that it doesn't.

use super::super::parse_rule;

/// Accepts `valid`, whose canonical text parses to itself, and refuses `invalid`.
#[track_caller]
fn check(rule: &str, valid: &[&str], invalid: &[&str]) {
    let mut wrong = Vec::new();
    for input in valid {
        match parse_rule(rule, input) {
            Ok(canonical) => {
                let again = parse_rule(rule, &canonical);
                if again.as_deref() != Ok(canonical.as_str()) {
                    wrong.push(format!("{input} -> {canonical} -> {again:?}"));
                }
            }
            Err(error) => wrong.push(format!("{input}: {error} at {:?}", error.span())),
        }
    }
    for input in invalid {
        if let Ok(canonical) = parse_rule(rule, input) {
            wrong.push(format!("{input} was accepted as {canonical}"));
        }
    }
    assert!(wrong.is_empty(), "{rule}:\n{}", wrong.join("\n"));
}

#[test]
fn numbers() {
    let decimals = &["3.14", "-0.0", "1e5", "1E-5", "1e%2B5", "%2B1.5", "INF", "-INF", "NaN", "0"];
    for rule in ["decimalLiteral", "doubleLiteral", "singleLiteral"] {
        check(rule, decimals, &[".1", "42.", "1e", "inf", "nan", "+INF", "1L", "- 1", "1.5.6", ""]);
    }
    check("byte", &["0", "255"], &["-1", "1000", "%2B1", ""]);
    check("sbyteLiteral", &["-128", "127"], &["1000", "1.5", "--1"]);
    check("int16Literal", &["32767", "-32768"], &["123456", "1e3"]);
    check("int32Literal", &["2147483647"], &["12345678901", "0x1"]);
    check("int64Literal", &["-9223372036854775808"], &["12345678901234567890", "1L"]);
    check("boolean", &["true", "FALSE", "tRUe"], &["yes", "1", "tru"]);
    check("null", &["null"], &["NULL", "nul"]);
}

#[test]
fn dates_and_times() {
    check(
        "date",
        &["2012-09-03", "0000-01-01", "-10000-04-01", "2021-02-30", "0004-02-29"],
        &["2012-9-3", "12-09-03", "2012-13-01", "2012-00-01", "2012-01-32", "2012-01", "00012-01-01"],
    );
    check(
        "dateTimeOffsetLiteral",
        &[
            "2012-09-03T13:52Z", "2012-09-03T08:09:02Z", "2012-08-31T18:19:22.1Z",
            "0000-01-01T00:00Z", "-10000-04-01T00:00Z", "2012-09-03T14:53%2B02:00",
            "2012-09-03t14:53z", "2016-12-31T23:59:60Z", "2012-08-31T18:19:22.123456789012Z",
        ],
        &[
            "2012-09-03T24:00-03:00", "2012-09-03T13:60Z", "2012-09-03T13:52", "2012-09-03T1:52Z",
            "2012-09-03T13:52:61Z", "2012-09-03 13:52Z", "2012-09-03T13:52%2B2:00",
            "2012-08-31T18:19:22.1234567890123Z", "2012-09-03T13Z",
        ],
    );
    check("dateTimeOffsetValue", &["2012-09-03T14:53+02:00"], &["2012-09-03T24:00+03:00"]);
    check(
        "timeOfDayLiteral",
        &["11:22:33", "11:22", "11:22:33.4444444", "23:59:60", "00%3A00"],
        &["24:00:00", "11:60", "1:22", "11:22:61", "11:22:33."],
    );
    check(
        "durationLiteral",
        &[
            "duration'P6DT23H59M59.9999S'", "duration'-P1D'", "duration'PT1M'", "'PT0.5S'",
            "DURATION'P1D'", "duration'P'",
        ],
        &[
            "duration'P1Y'", "duration'P1M'", "duration'1D'", "duration'+P1D'", "duration'PT1S1H'",
            "duration'P1H'", "duration'PT.5S'", "P1D", "duration'P1D", "duration 'P1D'",
        ],
    );
}

#[test]
fn other_literals() {
    check(
        "guid",
        &["01234567-89ab-cdef-0123-456789ABCDEF"],
        &["01234567-89ab-cdef-0123-456789ABCDE", "01234567-89ab-cdef-0123-456789ABCDEG", "{0}"],
    );
    check(
        "binaryLiteral",
        &["binary'T0RhdGE'", "binary'Zg'", "binary'Zm8='", "BINARY'Zm9vYg=='", "binary%27AA%27"],
        &["binary'Zg='", "binary'Z'", "binary'Zm9v='", "binary'Zm9v+'", "binary'Zn=='", "'Zg=='"],
    );
    check("enumLiteral", &["Sales.Pattern'Yellow'", "A.B.C'-1,Red'", "'Red'"], &["Pattern'Yellow'", "Sales.Pattern''", "Sales.Pattern'Yellow,'", "Sales.Pattern'1 2'", "Yellow"]);
    check(
        "stringLiteral",
        &["''", "''''", "'a%20b'", "%27a''b%27", "'%C3%BC'", "'%25'", "'100%2525'"],
        &["'", "'''", "a", "'a'b'", "\"a\"", "'%zz'", "'a"],
    );
    check("odataIdentifier", &["_a1", "Herz%C3%B6g", "a"], &["1a", "a-b", "a b", "", "%F0%9F%98%80"]);
    check("odataIdentifier", &[&"a".repeat(128)], &[&"a".repeat(129)]);
    check(
        "geographyPoint",
        &["geography'SRID=0;Point(142.1 64.1)'", "geography'SRID=4326;Point(1 2 3 4)'"],
        &[
            "geometry'SRID=0;Point(1 2)'", "geography'Point(1 2)'", "geography'SRID=0;Point(1)'",
            "geography'SRID=0;LineString(1 2,3 4)'", "geography'SRID=0;Point(1,2)'",
            "geography'SRID=123456;Point(1 2)'",
        ],
    );
    check("geometryPolygon", &["geometry'SRID=0;Polygon((1 1,2 2,1 1))'"], &["geometry'SRID=0;Polygon(1 1,2 2)'"]);
    check("geometryMultiPoint", &["geometry'SRID=0;MultiPoint((1 1),(2 2))'", "geometry'SRID=0;MultiPoint()'"], &["geometry'SRID=0;MultiPoint(1 1)'"]);
    check("geographyCollection", &["geography'SRID=0;GeometryCollection(Point(1 2),LineString(1 2,3 4))'", "geography'SRID=0;Collection(Point(1 2))'"], &["geography'SRID=0;GeometryCollection()'"]);
    check(
        "primitiveLiteral",
        &["null", "TRUE", "1L", "1.5m", "datetime'2021-11-23T00:00:00'", "guid'01234567-89ab-cdef-0123-456789abcdef'", "time'10:00'", "2021-11-23T10:00"],
        &["X'1a'", "a", "@p", "(1)", "[1]", "datetime'x'", "guid'1'", "foo'x'"],
    );
}

#[test]
fn paths() {
    check(
        "resourcePath",
        &[
            "Categories(ID=1)", "Categories(@p)", "Categories(duration'P1D')", "A/B/C", "A(1)/B(2)/C",
            "A(01234567-89ab-cdef-0123-456789abcdef)", "A(2021-11-23T10:00:00%2B01:00)", "A(true)",
            "A(A.B'Red')", "A/N.T", "A/N.T(1)", "A(1)/N.T/B", "A/N.F(x=1,y=@p)", "A/N.F( x=1 , y=2 )",
            "F()", "F(x=null)", "F(x=binary'AA')", "F(x=1)(2)/A", "F(x=1)(a=2,b=3)", "A/$count",
            "A/$ref", "A/$value", "A/$query", "A/$each", "A/$filter(x eq 1)/$each/N.Action",
            "A/$filter(x/y eq 'a')(1)/B", "$crossjoin(A,B)", "$crossjoin(A)/$query", "$all", "$all/N.T",
            "A/1", "A/a%20b", "A/%27x%27", "A/1/$count", "A/-1", "A/2021-11-23", "A/", "$batch",
            "%41", "A%281%29", "$metadata",
        ],
        &[
            "1", "(1)", "A(1)(2)", "A(x=1)(2)(3)", "A(1", "A)", "A(1,2)", "A(x=1,2)", "A(1 eq 1)",
            "A(null)", "A(x=[1])", "A/$count/B", "A/$value/$count", "A/$query/B", "A/$each/$count",
            "A/$filter", "A/$filter()", "A/$filter(1", "A//B", "$all/A/B", "$crossjoin()",
            "$crossjoin(A,)", "$crossjoin(A)/B", "$metadata/A", "$batch/A", "A.B", "A(1)B", "A('a/b')",
            "A(')", "$nosuch", "A/$it", "A B", "A(1,)",
        ],
    );
    check(
        "odataRelativeUri",
        &[
            "", "A?", "$batch", "$batch?$format=json", "$metadata", "$metadata?$format=xml&x=y",
            "$entity?$id=A(1)", "$entity?$id=A(1)&$format=json", "$entity/N.T?$id=A(1)&$select=a",
            "A?$top=1&$skip=2&x", "$metadata#A", "$metadata#A/$entity", "$metadata#A(b,c)/$entity",
            "$metadata#A(1)/b", "$metadata#A(1)/B/$entity", "$metadata#Collection($ref)",
            "$metadata#$ref", "$metadata#Edm.String", "$metadata#Collection(Edm.Int32)",
            "$metadata#A/N.T(b)/$delta", "$metadata#A/$deletedEntity", "$metadata#A(b,C+(d,E()))",
            "$metadata#A(*)", "$metadata#A(N.*,N.F(x,y))", "$metadata#A(@N.T%23q)", "$metadata#A(b/c)",
            "$metadata#A(x='1')/b/c(d)",
        ],
        &[
            "$entity", "$entity?$top=1", "$entity?$id=A(1)&$select=a", "$entity/N.T",
            "$metadata?$filter=true", "$metadata#", "$metadata#A(", "$metadata#A(1)", "A#B",
            "$metadata#A(b)/$link", "$metadata#$delta", "$metadata#A(b,)", "$batch?$top=1",
        ],
    );
}

#[test]
fn options() {
    check(
        "queryOptions",
        &[
            "$FILTER=a", "Filter=a", "%24filter=a", "$count=TRUE", "$format=application/json;a=b",
            "$schemaversion=1.0", "$skiptoken=a/b?c=d", "@a=1&@b=@a", "@a=[]", "@a={}", "a=b&a=c",
            "$filter=@a&@a=true", "a%3Db=c", "levels=x", "$top=0", "!x=y",
        ],
        &[
            "$top", "$top=", "$top=%2B1", "$top=1 ", "$skip=-1", "$count=1", "$count=", "$levels=1",
            "$foo=1", "$=1", "@=1", "@a.b=1", "@a", "@1=1", "$index=", "$index=1.5", "$schemaversion=",
            "$schemaversion=a b", "$schemaversion=**", "$format=", "$skiptoken=", "$id=", "", "$top=1&$top=1",
            "%zz=1",
        ],
    );
    check("skip", &["$skip=0", "skip=12"], &["$top=1", "$skip=a", "$skip=1&$skip=2"]);
    check("customQueryOption", &["x", "x=", "x=y=z", "x.y=1"], &["$top=1", "@a=1", "top=1"]);
    check("aliasAndValue", &["@a=1", "@a=a eq 1", "@a={\"b\":[1]}"], &["a=1", "@a=", "@a=1 eq"]);
    check("systemQueryOption", &["$top=1", "filter=a"], &["x=1", "@a=1"]);
    check("levels", &["$levels=1", "levels=max", "$levels=10"], &["$levels=0", "$levels=-1", "$levels=", "$levels=01"]);
}

#[test]
fn select_expand_orderby_compute() {
    check(
        "select",
        &[
            "$select=*", "$select=N.*", "$select=N.M.*,a", "$select=a/b/c", "$select=N.T/a", "$select=N.Action",
            "$select=N.F(x,y)", "$select=F(x)", "$select=@N.T", "$select=@N.T%23q", "$select=a/@N.T($top=1)",
            "$select=a($filter=b eq 1;$search=c;$count=true;$orderby=d;$skip=1;$top=2)",
            "$select=a($select=b($select=c);$compute=d add 1 as e;@p=1)", "$select=a, b", "$select=a(select=b,c)",
        ],
        &[
            "$select=", "$select=,a", "$select=a,", "$select=a//b", "$select=a/", "$select=*/a", "$select=$count",
            "$select=a()", "$select=a($expand=b)", "$select=a($levels=1)", "$select=a($top=1,$skip=2)",
            "$select=a($top=1;)", "$select=a b", "$select=a.*/b", "$select='a'", "$select=a($top=1", "$select=1",
        ],
    );
    check(
        "expand",
        &[
            "$expand=*", "$expand=*/$ref", "$expand=*($levels=max)", "$expand=$value", "$expand=a", "$expand=a/N.T",
            "$expand=N.T/a", "$expand=a/b/*", "$expand=a/$ref", "$expand=a/$ref($filter=b;$top=1;$skip=1;$count=true;$orderby=c;$search=d)",
            "$expand=a/$count", "$expand=a/$count($filter=b;$search=c)", "$expand=a/N.T/$ref", "$expand=@N.T/a",
            "$expand=a($select=b,c;$expand=d($top=1);$compute=e as f;$levels=3;$apply=groupby((g));@p=1)", "$expand=a, b",
            "$expand=a($top=1;$skip=2)", "$expand=a(expand=b(expand=c(expand=d)))",
        ],
        &[
            "$expand=", "$expand=a,", "$expand=*($top=1)", "$expand=*/$count", "$expand=a()", "$expand=N.T",
            "$expand=a/$ref/$count", "$expand=a/$ref/b", "$expand=a/$count($top=1)", "$expand=a/$value", "$expand=a($foo=1)",
            "$expand=a(x=1)", "$expand=a($levels=0)", "$expand=*/a", "$expand=a($filter=)", "$expand=a/$count($orderby=b)",
            "$expand=a($format=json)", "$expand=a($top=1)b", "$expand=$ref", "$expand=$it", "$expand=a;b", "$expand=*/$ref($top=1)",
        ],
    );
    check(
        "orderby",
        &["$orderby=a", "$orderby=a ASC,b Desc", "$orderby=a, b", "$orderby=a add 1 desc", "$orderby=f(a) desc", "$orderby=$it/a", "$orderby=asc"],
        &["$orderby=", "$orderby=a descending", "$orderby=a desc asc", "$orderby=a,", "$orderby=a desc,", "$orderby=desc a b", "$orderby=a;b"],
    );
    check(
        "compute",
        &["$compute=a mul b as c", "$compute=a as b,c as d", "$compute=case(a:1) as b", "$compute=as as as"],
        &["$compute=a", "$compute=a as", "$compute=as b", "$compute=a as b.c", "$compute=a as 1", "$compute=(a as b)", "$compute=a b", "$compute=a as b as c"],
    );
}

#[test]
fn search() {
    check(
        "search",
        &[
            "$search=blue", "$search=\"blue green\"", "$search=NOT blue", "$search=NOT (a OR b)", "$search=a b c", "$search=a AND NOT b",
            "$search=(a)", "$search=((a OR b) AND c)", "$search=and", "$search=AND", "$search=a AND", "$search=%22a%22", "$search=a%26b",
            "$search='a b'", "$search='it''s'", "$search=%27a", "$search=ü", "$search=%C3%BC", "$search=  a", "$search=a%20%20b", "$search=''",
            "$search=a*", "$search=~a", "$search=a'", "$search=x=y", "$search=\"a(b\"",
        ],
        &[
            "$search=", "$search=()", "$search=(a", "$search=a)", "$search=\"a", "$search=\"\"", "$search=a\"b\"", "$search='a", "$search=a;b",
            "$search=\"a\"b", "$search=(a)(b)", "$search=a(b)", "$search=a[b", "$search=a|b", "$search=a\\b", "$search='a'b'",
        ],
    );
    check("searchExpr", &["a AND b OR c", "NOT NOT a", "OR OR OR"], &["'a b'", "(", ""]);
}

#[test]
fn expressions() {
    check(
        "commonExpr",
        &[
            "1 add 2 mul 3", "(1 add 2) mul 3", "-(1)", "- a", "-a/b", "--1", "not not a", "not (a)", "not(a)", "a eq b eq c", "a AND b", "a%20EQ%20b",
            "a/b/c eq null", "$it", "$it/a", "$this/a", "$root/A(1)/b", "$root/F(x=1)/b", "$root/A", "@p", "@p/a", "@N.T", "@N.T%23q/a", "a/@N.T",
            "a/$count", "a/$count($filter=b;$search=c)", "a/$filter(b)/$count", "a/$filter(b)(1)/c", "a/any()", "a/any(x:x/b)", "a/all(x:true)", "a/ANY(x:x)",
            "a(1)/b", "a(b=1)/c", "N.F()", "N.F(a=b add 1)", "N.F(a=@p)", "N.F(a=[1,2])", "a/N.F(x=1)/b", "a/F()", "F()/a", "F(x=1)(2)/a",
            "cast(N.T)", "cast(a,Edm.String)", "cast(a add 1,Collection(Edm.Int32))", "isof(a/b,N.T)", "CAST(a,Edm.Int32)",
            "case(a:1)", "case(a gt 1:b,true:c)", "case( a : 1 , b : 2 )", "case(a gt 10:20:1)", "case(a gt 10:20)", "CASE(a:1)",
            "a in (1,2)", "a in ( 1 , 2 )", "a in ()", "a in (b)", "a in @p", "a in [1,2]", "a in b/c", "[a,b] in [[1,2]]", "a IN (1)", "not a in (1)",
            "a has N.T'x'", "a has 'x'", "a has @p", "[]", "[ 1 , 2 ]", "{}", "{ \"a\" : 1 }", "[\"\\u00e4\\n\\\"\"]", "[[1],{\"a\":null}]",
            "geo.distance(a,b) lt 0.5", "GEO.length(a)", "concat(concat(a,', '),b)", "now()", "now( )", "hassubset([1],[1])", "length( a )",
            "10 sub 4 sub 3", "-1 add -2", "1 add - 2", "-INF eq INF", "INFO", "nullable", "trueish", "null/a", "not_a",
            "a eq 2021-11-23T00:00:00+01:00", "a eq %272021%27", "$these/aggregate(a with sum)", "a/aggregate($count)", "a/aggregate(b from c)",
            "A.B/c", "a/A.B", "a/A.B/c", "A.B'x' eq a", "eq eq eq", "and and and",
        ],
        &[
            "", "1 add", "add 1 2", "a eq", "eq a b", "(a", "a)", "()", "(1,2)", "a eq (1,2)", "a b", "a eq b c", "a and", "a eq'b'", "a eq 'b'and c", "1add 2",
            "a,b", "a = 1", "a == 1", "a/", "/a", "a//b", "a/$ref", "a/$value", "a/$it", "$root", "$root/", "$foo", "$it.a", "a/1", "a.1", "a.", ".a",
            "a/$count/b", "a/any(x)", "a/any(x:)", "a/any(:b)", "a/all()", "a/any(x:b)/c", "all(x:b)", "any(x:b)", "a/any(1:b)", "a/any(x.y:b)",
            "a/$filter", "a/$filter()", "a/$count()", "a/$count($top=1)", "N.F(1)", "N.F(a)", "f(a=1,2)", "f(1,a=2)", "f(1,)", "f(,1)", "f(1 2)", "f (1)",
            "cast()", "cast(a,)", "cast(a,1)", "cast(a,'Edm.String')", "cast(1)", "isof()", "isof(a,b,c)", "Collection(Edm.String", "case()", "case(a)", "case(a:)", "case(:1)", "case(a:1,)",
            "a in", "a in (1,)", "a in (,1)", "a in (1 2)", "a in (b,c)", "a in (1,b)", "a in1", "a has", "a has 1", "a has b", "not ", "a not b", "-", "a -b", "a - b",
            "[1,]", "[,1]", "[1", "{a:1}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{'a':1}", "\"a\"", "a eq \"b\"", "[\"\\x\"]", "[\"\\u12\"]", "[\"\\ud800\"]",
            "a add 1.", ".5", "1..2", "0x1", "1 2", "@", "@1", "@N.", "@p.", "@p%23", "a/@", "a%zz", "'a", "a'", "@p@q", "a(1,2)/b", "a(b)/c", "a(null)/b",
            "$these", "$these/", "a/aggregate()", "a/aggregate(b add c)", "a/aggregate(b with sum as c)",
        ],
    );
    check("notExpr", &["not a"], &["a", "nota"]);
    check("listExpr", &["(1,2)", "( )", "()", "('a')"], &["(a)", "1", "(1"]);
    check("functionExprParameters", &["()", "( )", "(a=1,b=c add 1)"], &["(1)", "(a)", "(a=1"]);
    check("functionParameters", &["()", "(a=1)", "(a=@p)", "( a=1 )"], &["(a=b)", "(1)"]);
    check("keyPredicate", &["(1)", "(a=1,b='c')", "(@p)"], &["()", "(1,2)", "(a)"]);
    check("anyExpr", &["any()", "Any(x:x)"], &["all(x:x)", "any(x)", "any"]);
    check("allExpr", &["all(x:x)"], &["all()", "any()"]);
    check("optionallyQualifiedTypeName", &["Edm.String", "T", "Collection(N.T)"], &["1", "Collection(", "N."]);
    check("firstMemberExpr", &["a", "$it", "@p/a", "a(1)", "a(b=1)/c", "N.F()"], &["a eq b", "1", "contains(a,b)", "-a"]);
}

#[test]
fn apply() {
    check(
        "apply",
        &[
            "$apply=identity", "$apply=aggregate(a with sum as b,$count as c)", "$apply=aggregate(a with N.m as b)", "$apply=aggregate(a/$count as b)",
            "$apply=aggregate(a mul b with max as c)", "$apply=aggregate(a)", "$apply=aggregate(a as b)", "$apply=aggregate(a/b/c as d)",
            "$apply=aggregate( a with sum as b , c )", "$apply=groupby((a))", "$apply=groupby((a,b/c),aggregate(d with min as e))",
            "$apply=groupby((rollup(a,b)))", "$apply=groupby((rollup(Hier)))", "$apply=groupby((rollup(a,b),c))", "$apply=concat(identity,identity,filter(a))",
            "$apply=filter(a eq 1)/groupby((b))/orderby(b desc,c)/skip(1)/top(2)", "$apply=search(a AND b)", "$apply=search(\"a b\")", "$apply=compute(a add 1 as b,c as d)",
            "$apply=topcount(1,a)", "$apply=bottomcount(1,a)", "$apply=topsum(1,a)", "$apply=bottomsum(1,a)", "$apply=toppercent(1,a)", "$apply=bottompercent(1.5,a)",
            "$apply=join(a as b)", "$apply=outerjoin(a as b,filter(c))", "$apply=join(a/N.T as b)", "$apply=nest(identity as a,groupby((b)) as c)", "$apply=addnested(a,identity as b)",
            "$apply=addnested(a/N.T,filter(b) as c,identity as d)", "$apply=N.F(a=1)", "$apply=N.F()", "$apply=ancestors($root/A,H,b,filter(c),1,keep start)",
            "$apply=ancestors($root/A,H,b,filter(c),filter(d))", "$apply=descendants($root/A,H,b/c,search(d)/top(1),keep start)", "$apply=traverse($root/A,H,b,postorder)",
            "$apply=traverse($root/A,H,b,preorder,filter(c),d desc)", "$apply=traverse($root/A,H,b,preorder,d desc,e)", "$apply=groupby((rolluprecursive($root/A,H,b)))",
            "$apply=groupby((rolluprecursive($root/A,H,b,traverse($root/A,H,b,preorder)/N.F())))", "$apply=filter(isdefined(a))", "$apply=aggregate(a with sum from b,c with average from d with max as e)",
            "$apply=aggregate(a from b with sum from c as d)", "$apply=filter(a/aggregate(b with sum) gt 1)", "apply=identity", "$APPLY=identity",
        ],
        &[
            "$apply=", "$apply=identity/", "$apply=/identity", "$apply=identity()", "$apply=foo", "$apply=aggregate()", "$apply=aggregate(a with sum)", "$apply=aggregate($count)", "$apply=aggregate(a with foo as b)",
            "$apply=aggregate(a with SUM as b)", "$apply=Aggregate(a)", "$apply=aggregate(a add 1)", "$apply=aggregate(a add 1 as b)", "$apply=aggregate(a,)", "$apply=aggregate(a b)", "$apply=aggregate(a/$count)",
            "$apply=aggregate(a with sum from b as c)", "$apply=aggregate(a from b)", "$apply=aggregate(@N.T)", "$apply=groupby(a)", "$apply=groupby(())", "$apply=groupby((a)", "$apply=groupby((a),)", "$apply=groupby((a/N.T))",
            "$apply=groupby((a add 1))", "$apply=groupby((1))", "$apply=groupby((@N.T))", "$apply=groupby((rollup(a/b)))", "$apply=groupby((rollup()))", "$apply=concat(identity)", "$apply=concat()", "$apply=filter()", "$apply=compute(a)",
            "$apply=top(a)", "$apply=top()", "$apply=top(-1)", "$apply=skip(1.5)", "$apply=topcount(1)", "$apply=topcount(1,2,3)", "$apply=orderby()", "$apply=orderby(a sideways)", "$apply=join(a)", "$apply=join(a/b/c as d)", "$apply=nest(identity)",
            "$apply=nest()", "$apply=addnested(a)", "$apply=addnested(a,identity)", "$apply=N.F", "$apply=N.F(1)", "$apply=ancestors(A,H,b,filter(c))", "$apply=ancestors($root/A,H,b)", "$apply=ancestors($root/A,H,b,groupby((c)))",
            "$apply=ancestors($root/A,H,b,filter(c),keep start,1)", "$apply=ancestors($root/A,H,b,filter(c),1,2)", "$apply=traverse($root/A,H,b)", "$apply=traverse($root/A,H,b,inorder)", "$apply=groupby((rolluprecursive($root/A,H,b,filter(c))))",
            "$apply=search()", "$apply=identity identity",
        ],
    );
}

#[test]
fn headers() {
    check(
        "header",
        &[
            "OData-Version: 4.0", "odata-version:4.01", "OData-MaxVersion: 4.01", "Isolation: snapshot", "OData-Isolation:Snapshot", "AsyncResult: 200", "Content-ID: a-1",
            "OData-EntityID: http://host/A(1)", "OData-Error: {\"code\":\"x\"}", "Prefer: respond-async, wait=10", "Prefer: return=minimal,odata.track-changes",
        ],
        &[
            "OData-Version: 4.1", "OData-Version: 3.0", "OData-Version: 4.00", "OData-Version", "OData-MaxVersion: 4", "Isolation: none", "AsyncResult: 20", "Content-ID:", "Prefer: foo", "Foo: bar", "Prefer:",
        ],
    );
    check(
        "preference",
        &[
            "odata.allow-entityreferences", "allow-entityreferences", "odata.callback;url=\"http://host/x\"", "callback ; url = \"a:b\"", "continue-on-error=false", "odata.continue-on-error=true",
            "include-annotations=\"-*\"", "odata.include-annotations=\"*,-N.M.*,N.T#q\"", "maxpagesize=1", "omit-values=nulls", "Return=minimal", "RESPOND-ASYNC", "wait=0", "track-changes", "maxpagesize = 5",
        ],
        &[
            "maxpagesize=0", "maxpagesize=", "maxpagesize=-1", "maxpagesize=01", "maxpagesize", "include-annotations=*", "include-annotations=\"\"", "include-annotations=\"a\"", "omit-values=all", "odata.omit-values=nulls",
            "return=all", "return", "wait=a", "callback", "callback;url=x", "callback;url=\"x\"", "respond-async=1", "odata.respond-async", "foo", "continue-on-error=1",
        ],
    );
}
