//! Items of `$select` and `$expand`, and the options that may stand in them.

use super::*;

pub(super) fn put(mut options: QueryOptions, name: &'static str, is_there: bool) -> QueryOptions {
    if is_there {
        options.present.push(present(name));
    }
    options
}

/// Options that may be nested in `$expand` as well.
pub(super) fn nested_options() -> impl Strategy<Value = QueryOptions> + Clone {
    let opt = |n: f64| prop::option::weighted(n, Just(()));
    (
        prop::option::of(expr()),
        prop::option::of(order_by()),
        prop::option::of(number()),
        prop::option::of(search().prop_filter("a semicolon would end it", |s| {
            !format!("{s:?}").contains(';')
        })),
        prop::option::of(compute()),
        (opt(0.3), any::<bool>()),
        prop::option::of((word(), expr())),
    )
        .prop_map(|(filter, order_by, top, search, compute, (has_count, count), alias)| {
            let mut o = QueryOptions {
                filter,
                order_by,
                top,
                search,
                compute,
                count: has_count.map(|()| (count, span())),
                ..Default::default()
            };
            let (f, b, t) = (o.filter.is_some(), o.order_by.is_some(), o.top.is_some());
            let (s, c, n) = (o.search.is_some(), o.compute.is_some(), o.count.is_some());
            for (name, is_there) in [
                ("$search", s),
                ("$filter", f),
                ("$count", n),
                ("$orderby", b),
                ("$compute", c),
                ("$top", t),
            ] {
                o = put(o, name, is_there);
            }
            let alias = alias.map(|(name, value)| {
                (Name { text: format!("@{name}"), span: span() }, value)
            });
            o.aliases.extend(alias);
            o
        })
}

pub(super) fn expand(options: impl Strategy<Value = QueryOptions> + Clone) -> impl Strategy<Value = ExpandItem> + Clone {
    let path = (prop::collection::vec(any_name(), 0..2), word()).prop_map(|(mut names, last)| {
        names.push(last);
        names.into_iter().map(|name| segment(SegmentKind::Name(name))).collect::<Vec<_>>()
    });
    prop_oneof![
        Just((ExpandKind::Star, ExpandSuffix::Entities, QueryOptions::default())),
        path.clone().prop_map(|path| {
            (ExpandKind::StarOf(path), ExpandSuffix::Ref, QueryOptions::default())
        }),
        path.clone().prop_map(|path| {
            (ExpandKind::Path(path), ExpandSuffix::Count, QueryOptions::default())
        }),
        (path, options).prop_map(|(path, o)| (ExpandKind::Path(path), ExpandSuffix::Entities, o)),
    ]
    .prop_map(|(kind, suffix, options)| ExpandItem { kind, suffix, options, span: span() })
}

pub(super) fn select_item() -> impl Strategy<Value = SelectItem> + Clone {
    let path = prop::collection::vec(
        any_name().prop_map(|name| segment(SegmentKind::Name(name))),
        1..3,
    );
    let kind = prop_oneof![
        Just(SelectKind::Star),
        dotted().prop_map(SelectKind::AllOperations),
        path.prop_map(SelectKind::Path),
        annotation().prop_map(|segment| SelectKind::Path(vec![segment])),
    ];
    (kind, nested_options(), any::<bool>()).prop_map(|(kind, options, nested)| {
        let is_path = matches!(kind, SelectKind::Path(_));
        let options = if nested && is_path { options } else { QueryOptions::default() };
        SelectItem { kind, options, span: span() }
    })
}
