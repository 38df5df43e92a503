//! Sequences of transformations.

use super::*;

fn data_path() -> impl Strategy<Value = PathExpr> + Clone {
    (prop::collection::vec(any_name(), 0..2), word()).prop_map(|(mut names, last)| {
        names.push(last);
        let segments = names.into_iter().map(|name| segment(SegmentKind::Name(name))).collect();
        PathExpr { root: PathRoot::Implicit, segments }
    })
}

fn grouping() -> impl Strategy<Value = (PathExpr, Span)> + Clone {
    data_path().prop_map(|path| (path, span()))
}

fn aggregate() -> impl Strategy<Value = AggregateExpr> + Clone {
    let kind = prop_oneof![
        prop::option::of(data_path()).prop_map(AggregateKind::Count),
        (expr(), method()).prop_map(|(expr, method)| AggregateKind::Value(expr, Some(method))),
        data_path().prop_map(|path| AggregateKind::Value(of(ExprKind::Path(path)), None)),
    ];
    let from = (prop::collection::vec(grouping(), 1..3), method())
        .prop_map(|(groups, method)| AggregateFrom { groups, method: Some(method) });
    (kind, prop::collection::vec(from, 0..2), name()).prop_map(|(kind, from, alias)| {
        AggregateExpr { kind, alias: Some(alias), from, span: span() }
    })
}

fn hierarchy() -> impl Strategy<Value = HierarchyReference> + Clone {
    (word(), name(), data_path()).prop_map(|(nodes, qualifier, path)| HierarchyReference {
        nodes: Box::new(of(ExprKind::Path(PathExpr {
            root: PathRoot::Root,
            segments: vec![segment(SegmentKind::Name(nodes))],
        }))),
        qualifier,
        path,
    })
}

pub(super) fn sequence() -> impl Strategy<Value = Vec<Transformation>> + Clone {
    use TransformationKind as T;
    let keep = prop_oneof![
        Just(T::Identity),
        expr().prop_map(T::Filter),
        search().prop_map(T::Search),
        order_by().prop_map(T::OrderBy),
        number().prop_map(T::Top),
    ]
    .prop_map(|kind| vec![Transformation { kind, span: span() }]);
    let rank = select(vec![RankFunction::TopCount, RankFunction::BottomPercent]);
    let leaf = prop_oneof![
        Just(T::Identity),
        expr().prop_map(T::Filter),
        compute().prop_map(T::Compute),
        search().prop_map(T::Search),
        order_by().prop_map(T::OrderBy),
        number().prop_map(T::Skip),
        prop::collection::vec(aggregate(), 1..3).prop_map(T::Aggregate),
        (rank, expr(), expr()).prop_map(|(function, amount, by)| T::Rank { function, amount, by }),
        (dotted_name(), arguments(expr(), 0)).prop_map(|(name, items)| T::Custom(name, items)),
        (any::<bool>(), hierarchy(), keep.clone(), prop::option::of(number()), any::<bool>())
            .prop_map(|(ancestors, hierarchy, start, distance, keep_start)| T::Relatives {
                ancestors,
                hierarchy,
                start: vec![start],
                distance,
                keep_start,
            }),
        (any::<bool>(), hierarchy(), keep, order_by()).prop_map(
            |(post_order, hierarchy, start, order_by)| T::Traverse {
                hierarchy,
                post_order,
                start,
                order_by,
            }
        ),
    ];
    let steps = |kind: BoxedStrategy<T>| {
        let step = kind.prop_map(|kind| Transformation { kind, span: span() });
        prop::collection::vec(step, 1..3)
    };
    let leaf = steps(leaf.boxed());
    leaf.prop_recursive(2, 6, 2, move |inner| {
        let alias = (inner.clone(), name());
        let groups = prop_oneof![
            grouping().prop_map(|(path, span)| GroupingItem::Path(path, span)),
            prop::collection::vec(grouping(), 2..3).prop_map(GroupingItem::Rollup),
            hierarchy().prop_map(|hierarchy| GroupingItem::RollupRecursive(hierarchy, Vec::new())),
        ];
        let then = prop_oneof![Just(Vec::new()), inner.clone()];
        steps(
            prop_oneof![
                (prop::collection::vec(groups, 1..3), then.clone())
                    .prop_map(|(groups, then)| T::GroupBy { groups, then }),
                prop::collection::vec(inner.clone(), 2..3).prop_map(T::Concat),
                (any::<bool>(), data_path(), name(), then)
                    .prop_map(|(outer, path, alias, then)| T::Join { outer, path, alias, then }),
                prop::collection::vec(alias.clone(), 1..3).prop_map(T::Nest),
                (data_path(), prop::collection::vec(alias, 1..2))
                    .prop_map(|(path, nested)| T::AddNested { path, nested }),
            ]
            .boxed(),
        )
    })
}
