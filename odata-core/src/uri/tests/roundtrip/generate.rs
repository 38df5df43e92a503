//! Generators of trees that the parser can make.

mod apply;
mod select_expand;

use apply::sequence;
use proptest::prelude::*;
use proptest::sample::select;
use select_expand::{expand, nested_options, put, select_item};

use crate::error::Span;
use crate::uri::ast::*;

/// Pieces of text from which something like a URL is made.
const WORDS: &[&str] = &[
    "a", "Name", "A.b", " ", " ", " ", "(", ")", "(", ")", ",", ";", ":", "/", "/", "=", "@p",
    "@A.b", "%23q", "$it", "$this", "$root", "$count", "$filter", "$ref", "$value", "$levels",
    "$top", "$select", "$expand", "*", ".*", "1", "-1", "1.5", "1L", "INF", "-", "null", "true",
    "'x'", "'O''N'", "'", "\"x\"", "[", "]", "{", "}", " eq ", " and ", " or ", " in ", " has ",
    " add ", "not ", "any", "all", "x:", "cast", "isof", "case", "10:20", "2021-11-23",
    "2021-11-23T10:20", "10:20:30", " as ", " with ", " from ", "sum", "aggregate", "groupby",
    "filter", "search", "concat", "identity", "desc", " desc", "AND", "OR", "NOT", "%3B", "%27",
    "%2F", "%26", "+", "%2B", "duration", "'P1D'", "binary", "geo.", "$these", "topcount", "nest",
    "01234567-89ab-cdef-0123-456789abcdef", "%C3%BC", "ü",
];

/// An option's name, pieces of its value, and pieces of a path.
pub(super) fn tokens() -> impl Strategy<Value = (&'static str, Vec<&'static str>, Vec<&'static str>)> {
    let options = vec![
        "$filter", "$orderby", "$select", "$expand", "$search", "$apply", "$compute", "@p",
    ];
    let words = |most| prop::collection::vec(select(WORDS), 0..most);
    (select(options), words(14), words(6))
}

const RESERVED: &[&str] = &[
    "not", "null", "true", "false", "any", "all", "cast", "isof", "case", "aggregate",
];

fn span() -> Span {
    Span::default()
}

/// A system option of this name.
pub(super) fn present(name: &'static str) -> Present {
    Present { name, span: span() }
}

fn word() -> impl Strategy<Value = String> + Clone {
    prop_oneof![
        4 => "[a-zA-Z_][a-z0-9_]{0,5}",
        1 => select(vec!["Größe", "eq", "and", "asc", "with", "名前", "INFO", "duration"])
            .prop_map(str::to_owned),
    ]
    .prop_filter("reserved", |word| {
        !RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
    })
}

fn dotted() -> impl Strategy<Value = String> + Clone {
    (word(), word())
        .prop_filter("geo is no namespace", |(namespace, _)| !namespace.eq_ignore_ascii_case("geo"))
        .prop_map(|(namespace, name)| format!("{namespace}.{name}"))
}

fn name() -> impl Strategy<Value = Name> + Clone {
    word().prop_map(|text| Name { text, span: span() })
}

fn dotted_name() -> impl Strategy<Value = Name> + Clone {
    dotted().prop_map(|text| Name { text, span: span() })
}

fn text() -> impl Strategy<Value = String> + Clone {
    prop_oneof!["[a-z '%&+;/=#\"(),\\\\]{0,6}", "\\PC{0,6}", "[\t\n\r\u{1}]{1,2}"]
}

fn literal() -> impl Strategy<Value = Literal> + Clone {
    let fixed = |texts: &'static [&'static str], make: fn(String) -> Literal| {
        select(texts).prop_map(move |text| make(text.to_owned()))
    };
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Boolean),
        "-?[0-9]{1,20}".prop_map(Literal::Integer),
        fixed(&["1.5", "-0.25", "1e10", "1E-5", "1e+5", "42"], Literal::Decimal),
        fixed(&["INF", "-INF", "NaN", "1", "1.5", "-2e3"], Literal::Double),
        text().prop_map(Literal::String),
        fixed(&["2021-02-30", "-0001-01-01", "12021-12-31"], Literal::Date),
        fixed(
            &["2021-11-23T09:30", "2021-11-23T09:30:00.123Z", "2021-11-23T09:30:60+01:00"],
            Literal::DateTimeOffset
        ),
        fixed(&["09:30", "09:30:00", "23:59:59.999999999999"], Literal::TimeOfDay),
        fixed(&["P1D", "-PT1H2M3.5S", "P", "P6DT23H59M59.9999S"], Literal::Duration),
        fixed(&["01234567-89ab-cdef-0123-456789ABCDEF"], Literal::Guid),
        fixed(&["", "Zg==", "Zm8", "Zm9vYmFy"], Literal::Binary),
        (dotted(), select(vec!["Yellow", "A,-3,B"]))
            .prop_map(|(of, text)| Literal::Enum(of, text.to_owned())),
        (any::<bool>(), select(vec!["SRID=0;Point(1 2)", "SRID=4326;MultiPolygon()"]))
            .prop_map(|(geography, text)| Literal::Geo(geography, text.to_owned())),
    ]
}

fn of(kind: ExprKind) -> Expr {
    Expr { kind, span: span() }
}

fn key_value() -> impl Strategy<Value = Expr> + Clone {
    prop_oneof![
        literal()
            .prop_filter("no key", |literal| {
                !matches!(literal, Literal::Null | Literal::Binary(_) | Literal::Geo(..))
            })
            .prop_map(|literal| of(ExprKind::Literal(literal))),
        word().prop_map(|name| of(ExprKind::Alias(format!("@{name}")))),
    ]
}

fn key() -> impl Strategy<Value = Vec<Argument>> + Clone {
    let named = (name(), key_value())
        .prop_map(|(name, value)| Argument { name: Some(name), value });
    prop_oneof![
        key_value().prop_map(|value| vec![Argument { name: None, value }]),
        prop::collection::vec(named, 1..3),
    ]
}

fn segment(kind: SegmentKind) -> PathSegment {
    PathSegment { kind, span: span() }
}

fn annotation() -> impl Strategy<Value = PathSegment> + Clone {
    (dotted(), prop::option::of(word())).prop_map(|(term, qualifier)| {
        let qualifier = qualifier.map(|q| format!("#{q}")).unwrap_or_default();
        segment(SegmentKind::Annotation(format!("@{term}{qualifier}")))
    })
}

fn any_name() -> impl Strategy<Value = String> + Clone {
    prop_oneof![3 => word(), 1 => dotted()]
}

/// An expression.
pub(super) fn expr() -> impl Strategy<Value = Expr> + Clone {
    let leaf = prop_oneof![
        3 => literal().prop_map(|literal| of(ExprKind::Literal(literal))),
        1 => word().prop_map(|name| of(ExprKind::Alias(format!("@{name}")))),
        3 => plain_path().prop_map(|path| of(ExprKind::Path(path))),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        let exprs = |range| prop::collection::vec(inner.clone(), range);
        let boxed = || inner.clone().prop_map(Box::new);
        prop_oneof![
            exprs(2..4).prop_map(|items| of(ExprKind::And(items))),
            exprs(2..4).prop_map(|items| of(ExprKind::Or(items))),
            boxed().prop_map(|operand| of(ExprKind::Not(operand))),
            boxed().prop_map(|operand| of(ExprKind::Negate(operand))),
            (binary(), boxed(), boxed()).prop_map(|(op, a, b)| of(ExprKind::Binary(op, a, b))),
            (boxed(), list()).prop_map(|(a, list)| {
                of(ExprKind::Binary(BinaryOp::In, a, Box::new(list)))
            }),
            (boxed(), enumeration()).prop_map(|(a, member)| {
                of(ExprKind::Binary(BinaryOp::Has, a, Box::new(member)))
            }),
            exprs(0..4).prop_map(|items| of(ExprKind::Array(items))),
            prop::collection::vec((text(), inner.clone()), 0..3)
                .prop_map(|members| of(ExprKind::Object(members))),
            (name(), exprs(0..4)).prop_map(|(name, items)| of(ExprKind::Call(name, items))),
            (dotted_name(), arguments(inner.clone(), 0))
                .prop_map(|(name, items)| of(ExprKind::NamedCall(name, items))),
            (name(), arguments(inner.clone(), 1))
                .prop_map(|(name, items)| of(ExprKind::NamedCall(name, items))),
            (prop::option::of(boxed()), type_name())
                .prop_map(|(operand, to)| of(ExprKind::Cast(operand, to))),
            (prop::option::of(boxed()), type_name())
                .prop_map(|(operand, to)| of(ExprKind::IsOf(operand, to))),
            prop::collection::vec((inner.clone(), inner.clone()), 1..3)
                .prop_map(|branches| of(ExprKind::Case(branches))),
            path(inner.clone()).prop_map(|path| of(ExprKind::Path(path))),
        ]
    })
}

fn binary() -> impl Strategy<Value = BinaryOp> + Clone {
    use BinaryOp::*;
    select(vec![Eq, Ne, Gt, Ge, Lt, Le, Add, Sub, Mul, Div, DivBy, Mod, In])
}

fn list() -> impl Strategy<Value = Expr> + Clone {
    let literal = || literal().prop_map(|literal| of(ExprKind::Literal(literal)));
    prop::collection::vec(literal(), 0..4).prop_map(|items| of(ExprKind::List(items)))
}

fn enumeration() -> impl Strategy<Value = Expr> + Clone {
    prop_oneof![
        (dotted(), Just("A,B")).prop_map(|(of, text)| Literal::Enum(of, text.to_owned())),
        text().prop_map(Literal::String),
    ]
    .prop_map(|literal| of(ExprKind::Literal(literal)))
}

fn type_name() -> impl Strategy<Value = TypeName> + Clone {
    (any_name(), any::<bool>()).prop_map(|(text, collection)| TypeName {
        name: Name { text, span: span() },
        collection,
    })
}

fn arguments(
    value: impl Strategy<Value = Expr> + Clone,
    least: usize,
) -> impl Strategy<Value = Vec<Argument>> + Clone {
    let argument = (name(), value).prop_map(|(name, value)| Argument { name: Some(name), value });
    prop::collection::vec(argument, least..3)
}

/// A path of names.
fn plain_path() -> impl Strategy<Value = PathExpr> + Clone {
    let names = prop::collection::vec(any_name(), 1..4);
    let names = names.prop_map(|names| {
        names.into_iter().map(|name| segment(SegmentKind::Name(name))).collect::<Vec<_>>()
    });
    prop_oneof![
        4 => names.clone().prop_map(|segments| PathExpr { root: PathRoot::Implicit, segments }),
        1 => (root(), names).prop_map(|(root, segments)| PathExpr { root, segments }),
        1 => select(vec![PathRoot::It, PathRoot::This])
            .prop_map(|root| PathExpr { root, segments: Vec::new() }),
        1 => annotation().prop_map(|first| PathExpr {
            root: PathRoot::Implicit,
            segments: vec![first],
        }),
    ]
}

fn root() -> impl Strategy<Value = PathRoot> + Clone {
    select(vec![PathRoot::It, PathRoot::This, PathRoot::Root, PathRoot::These])
}

/// A path with keys, calls, filters, and what ends it.
fn path(inner: impl Strategy<Value = Expr> + Clone + 'static) -> impl Strategy<Value = PathExpr> + Clone {
    let step = prop_oneof![
        2 => any_name().prop_map(|name| vec![segment(SegmentKind::Name(name))]),
        1 => annotation().prop_map(|segment| vec![segment]),
        1 => (any_name(), key()).prop_map(|(name, key)| vec![
            segment(SegmentKind::Name(name)),
            segment(SegmentKind::Arguments(key)),
        ]),
        1 => (any_name(), arguments(inner.clone(), 0), key()).prop_map(|(name, arguments, key)| vec![
            segment(SegmentKind::Name(name)),
            segment(SegmentKind::Arguments(arguments)),
            segment(SegmentKind::Arguments(key)),
        ]),
        1 => inner.clone().prop_map(|expr| vec![segment(SegmentKind::Filter(Box::new(expr)))]),
    ];
    let lambda = (name(), inner.clone())
        .prop_map(|(variable, predicate)| Lambda { variable, predicate: Box::new(predicate) });
    let end = prop_oneof![
        word().prop_map(SegmentKind::Name),
        Just(SegmentKind::Count(Box::default())),
        inner.clone().prop_map(|filter| SegmentKind::Count(Box::new(QueryOptions {
            filter: Some(filter),
            present: vec![present("$filter")],
            ..Default::default()
        }))),
        Just(SegmentKind::Any(None)),
        lambda.clone().prop_map(|lambda| SegmentKind::Any(Some(lambda))),
        lambda.prop_map(SegmentKind::All),
        (inner, method()).prop_map(|(expr, method)| SegmentKind::Aggregate(Box::new(AggregateExpr {
            kind: AggregateKind::Value(expr, Some(method)),
            alias: None,
            from: Vec::new(),
            span: span(),
        }))),
    ];
    (root(), any_name(), prop::collection::vec(step, 0..3), end, any::<bool>()).prop_map(
        |(root, first, steps, end, rooted)| {
            let mut segments = vec![segment(SegmentKind::Name(first))];
            segments.extend(steps.into_iter().flatten());
            segments.push(segment(end));
            let root = if rooted { root } else { PathRoot::Implicit };
            PathExpr { root, segments }
        },
    )
}

fn method() -> impl Strategy<Value = Name> + Clone {
    prop_oneof![select(vec!["sum", "min", "countdistinct"]).prop_map(str::to_owned), dotted()]
        .prop_map(|text| Name { text, span: span() })
}

fn search() -> impl Strategy<Value = SearchExpr> + Clone {
    let term = prop_oneof![
        4 => ("[a-zA-Z0-9,./*@$!:?ü'&#\\[%+-]{1,5}", Just(false)),
        1 => ("[a-z ;()&%+']{1,6}", Just(true)),
        1 => (select(vec!["AND", "OR", "NOT"]).prop_map(str::to_owned), Just(false)),
    ];
    let term = term.prop_map(|(text, phrase)| {
        SearchExpr::Term(SearchTerm { text, phrase, span: span() })
    });
    let tree = term.prop_recursive(3, 12, 3, |inner| {
        let many = prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            many.clone().prop_map(SearchExpr::And),
            many.prop_map(SearchExpr::Or),
            inner.prop_map(|term| SearchExpr::Not(Box::new(term))),
        ]
    });
    let incomplete = text().prop_map(|text| {
        SearchExpr::Incomplete(SearchTerm { text, phrase: false, span: span() })
    });
    prop_oneof![6 => tree, 1 => incomplete]
}

fn order_by() -> impl Strategy<Value = Vec<OrderByItem>> + Clone {
    let item = (expr(), any::<bool>()).prop_map(|(expr, descending)| OrderByItem { expr, descending });
    prop::collection::vec(item, 1..3)
}

fn compute() -> impl Strategy<Value = Vec<ComputeItem>> + Clone {
    let item = (expr(), name()).prop_map(|(expr, alias)| ComputeItem { expr, alias });
    prop::collection::vec(item, 1..3)
}

fn number() -> impl Strategy<Value = Number> + Clone {
    (0..=i64::MAX as u64).prop_map(|value| Number { value, span: span() })
}

/// Options of a query.
pub(super) fn options() -> impl Strategy<Value = QueryOptions> + Clone {
    let inner = expand(nested_options());
    let deep = (nested_options(), prop::collection::vec(inner, 1..2), 1..9u64).prop_map(
        |(mut o, items, levels)| {
            o.expand = Some(items);
            o.levels = Some((Some(levels), span()));
            o.present.extend(["$levels", "$expand"].map(present));
            o
        },
    );
    (
        nested_options(),
        prop::option::of(prop::collection::vec(expand(deep), 1..3)),
        prop::option::of(prop::collection::vec(select_item(), 1..3)),
        prop::option::of(sequence()),
        prop::option::of(any::<i64>()),
        prop::option::of(prop_oneof![Just("application/json;x=1"), Just("image/svg+xml")]),
        prop::collection::vec(("[a-z!/?% &=+]{1,5}", text()), 0..2),
    )
        .prop_map(|(mut o, expand, select, apply, index, format, custom)| {
            let present = [
                ("$apply", apply.is_some()),
                ("$select", select.is_some()),
                ("$expand", expand.is_some()),
                ("$index", index.is_some()),
                ("$format", format.is_some()),
            ];
            for (name, is_there) in present {
                o = put(o, name, is_there);
            }
            o.expand = expand;
            o.select = select;
            o.apply = apply;
            o.index = index.map(|index| (index, span()));
            o.format = format.map(str::to_owned);
            o.custom = custom
                .into_iter()
                .filter(|(name, _)| !["id", "top", "skip"].contains(&name.as_str()))
                .collect();
            o
        })
}

/// A resource path.
pub(super) fn resource_path() -> impl Strategy<Value = ResourcePath> + Clone {
    let literals = (name(), literal()).prop_map(|(name, literal)| Argument {
        name: Some(name),
        value: of(ExprKind::Literal(literal)),
    });
    let literals = prop::collection::vec(literals, 0..3);
    let step = prop_oneof![
        2 => any_name().prop_map(|name| vec![segment(SegmentKind::Name(name))]),
        2 => (any_name(), key()).prop_map(|(name, key)| vec![
            segment(SegmentKind::Name(name)),
            segment(SegmentKind::Arguments(key)),
        ]),
        1 => (any_name(), literals, prop::option::of(key())).prop_map(|(name, literals, key)| {
            let mut segments = vec![
                segment(SegmentKind::Name(name)),
                segment(SegmentKind::Arguments(literals)),
            ];
            segments.extend(key.map(|key| segment(SegmentKind::Arguments(key))));
            segments
        }),
        1 => "[0-9][a-z0-9 ,'/%+;=-]{0,5}".prop_map(|key| vec![segment(SegmentKind::Key(key))]),
        1 => expr().prop_map(|expr| vec![segment(SegmentKind::Filter(Box::new(expr)))]),
    ];
    let end = prop::option::of(select(vec![
        SegmentKind::Count(Box::default()),
        SegmentKind::Ref,
        SegmentKind::Value,
        SegmentKind::Query,
        SegmentKind::Each,
    ]));
    let resource = (word(), prop::collection::vec(step, 0..3), end).prop_map(|(set, steps, end)| {
        let mut segments = vec![segment(SegmentKind::Name(set))];
        segments.extend(steps.into_iter().flatten());
        segments.extend(end.map(segment));
        ResourcePath::Resource(segments)
    });
    prop_oneof![
        8 => resource,
        1 => prop::option::of(dotted_name()).prop_map(|cast| ResourcePath::All(cast, Vec::new())),
        1 => prop::collection::vec(name(), 1..3)
            .prop_map(|names| ResourcePath::CrossJoin(names, Vec::new())),
        1 => Just(ResourcePath::Metadata),
    ]
}
