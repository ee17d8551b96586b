//! Trees of `$apply`.

use odata::Span;
use odata::syntax::ast::{
    AggregateExpr, AggregateFrom, AggregateItem, ComputeItem, ExprKind, Extreme, GroupKey, Hierarchy, Name,
    NestItem, OrderItem, Path, Relatives, Rollup, Root, Search, Transformation, TransformationKind,
    Traversal,
};
use proptest::prelude::*;

use crate::{expr, name, named, qualified, segment, whole};

fn names() -> impl Strategy<Value = Vec<Name>> {
    prop::collection::vec(name().prop_map(named), 1..3)
}

fn search() -> impl Strategy<Value = Search> {
    let leaf = prop_oneof![
        "[a-z0-9]{1,4}".prop_map(Search::Word),
        prop::sample::select(vec!["AND", "OR", "NOT"]).prop_map(|word| Search::Word(word.to_owned())),
        "[a-z (;]{1,6}".prop_map(Search::Phrase),
    ];
    let combined = leaf.prop_recursive(3, 8, 3, |search| {
        let some = || prop::collection::vec(search.clone(), 2..4);
        prop_oneof![
            search.clone().prop_map(|negated| Search::Not(Box::new(negated))),
            some().prop_map(Search::And),
            some().prop_map(Search::Or),
        ]
    });
    prop_oneof![4 => combined, 1 => "[a-z '\"(;]{0,6}".prop_map(Search::Incomplete)]
}

fn aggregate() -> impl Strategy<Value = AggregateItem> {
    let methods = ["sum", "min", "max", "average", "countdistinct", "Ns.custom"];
    let method = || prop::sample::select(methods.to_vec()).prop_map(|method| named(method.to_owned()));
    let keys = || prop::collection::vec(names(), 1..3);
    let stage = || (keys(), method()).prop_map(|(keys, method)| AggregateFrom { keys, method: Some(method) });
    let loose =
        (keys(), prop::option::of(method())).prop_map(|(keys, method)| AggregateFrom { keys, method });
    let stages = || prop::collection::vec(stage(), 0..3);
    let alias = || name().prop_map(|name| Some(named(name)));
    let count = prop_oneof![Just(Vec::new()), names()];
    let item = |(expr, alias)| AggregateItem { expr, alias, span: Span::default() };
    prop_oneof![
        (count, stages(), alias())
            .prop_map(move |(path, from, alias)| item((AggregateExpr::Count { path, from }, alias))),
        (expr(), method(), stages(), alias()).prop_map(move |(expr, method, from, alias)| item((
            AggregateExpr::With { expr: Box::new(expr), method, from },
            alias
        ))),
        (names(), prop::collection::vec(loose, 1..3), alias())
            .prop_map(move |(path, from, alias)| item((AggregateExpr::Custom { path, from }, alias))),
        (names(), prop_oneof![Just(None), alias()])
            .prop_map(move |(path, alias)| item((AggregateExpr::Custom { path, from: Vec::new() }, alias))),
    ]
}

fn order() -> impl Strategy<Value = OrderItem> {
    (expr(), any::<bool>()).prop_map(|(expr, descending)| OrderItem {
        expr,
        descending,
        span: Span::default(),
    })
}

fn hierarchy() -> impl Strategy<Value = Hierarchy> {
    (name(), name(), names()).prop_map(|(set, qualifier, property)| {
        let steps = vec![segment(set, None, None)];
        let nodes = whole(ExprKind::Path(Path { root: Root::Service, steps }));
        Hierarchy { nodes, qualifier: named(qualifier), property }
    })
}

pub fn transformations() -> impl Strategy<Value = Vec<Transformation>> {
    let step = |kind| Transformation { kind, span: Span::default() };
    let preserving = prop_oneof![
        Just(TransformationKind::Identity),
        expr().prop_map(TransformationKind::Filter),
        search().prop_map(TransformationKind::Search),
        any::<u64>().prop_map(TransformationKind::Top),
        any::<u64>().prop_map(TransformationKind::Skip),
        prop::collection::vec(order(), 1..3).prop_map(TransformationKind::OrderBy),
        (prop::sample::select(Extreme::ALL.to_vec()), expr(), expr())
            .prop_map(|(method, limit, by)| TransformationKind::Extreme { method, limit, by }),
        qualified()
            .prop_map(|name| TransformationKind::Function { name: named(name), arguments: Vec::new() }),
    ]
    .boxed();
    let start = prop::collection::vec(preserving.clone().prop_map(step), 1..3).boxed();
    let relatives = (hierarchy(), start.clone(), prop::option::of(any::<u64>()), any::<bool>()).prop_map(
        |(hierarchy, start, distance, keep_start)| Relatives { hierarchy, start, distance, keep_start },
    );
    let traverse =
        (hierarchy(), prop_oneof![Just(Vec::new()), start.clone()], prop::collection::vec(order(), 0..3))
            .prop_map(|(hierarchy, start, orderby)| TransformationKind::Traverse {
                hierarchy,
                order: Traversal::Preorder,
                start,
                orderby,
            });
    let recursive = (hierarchy(), prop_oneof![Just(Vec::new()), start])
        .prop_map(|(hierarchy, start)| GroupKey::Rollup(Rollup::Recursive { hierarchy, start }));
    let key = prop_oneof![
        3 => names().prop_map(GroupKey::Path),
        1 => prop::collection::vec(names(), 2..4).prop_map(|levels| GroupKey::Rollup(Rollup::Levels(levels))),
        1 => name().prop_map(|name| GroupKey::Rollup(Rollup::Named(named(name)))),
        1 => recursive,
    ];
    let keys = prop::collection::vec(key, 1..3).boxed();
    let compute = (expr(), name())
        .prop_map(|(expr, alias)| vec![ComputeItem { expr, alias, span: Span::default() }])
        .prop_map(TransformationKind::Compute);
    let leaf = prop_oneof![
        4 => preserving,
        1 => prop::collection::vec(aggregate(), 1..3).prop_map(TransformationKind::Aggregate),
        1 => relatives.prop_map(TransformationKind::Ancestors),
        1 => traverse,
        1 => compute,
    ];
    let sequence = prop::collection::vec(leaf.prop_map(step), 1..3);
    sequence.prop_recursive(3, 12, 3, move |sequence| {
        let maybe = prop_oneof![Just(Vec::new()), sequence.clone()];
        let nested =
            (sequence.clone(), name()).prop_map(|(then, alias)| NestItem { then, alias: named(alias) });
        let kind = prop_oneof![
            (keys.clone(), maybe.clone()).prop_map(|(keys, then)| TransformationKind::GroupBy { keys, then }),
            prop::collection::vec(sequence, 2..4).prop_map(TransformationKind::Concat),
            (any::<bool>(), names(), name(), maybe).prop_map(|(outer, path, alias, then)| {
                TransformationKind::Join { outer, path, alias: named(alias), then }
            }),
            (prop::option::of(names()), prop::collection::vec(nested, 1..3))
                .prop_map(|(path, nested)| TransformationKind::Nest { path, nested }),
        ];
        prop::collection::vec(kind.prop_map(step), 1..3)
    })
}
