//! The options of a request over a set, in the order of Protocol 11.2.1.

use super::apply::Apply;
use super::compare::{Order, is_too_near, order};
use super::eval::{Fault, Result, eval};
use super::instance::Instance;
use super::world::World;
use odata_core::uri::ODataUri;
use odata_core::uri::ast::{ResourcePath, SegmentKind};

/// What a request answers.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The instances, in order where one was asked for.
    pub instances: Vec<Instance>,
    /// Instances that may be among them or not.
    pub open: Vec<Instance>,
    /// The sort keys of each instance; empty without `$orderby`.
    pub keys: Vec<Order>,
    /// What `$skip` and `$top` choose from, each with its keys. Of instances with equal keys any may
    /// be chosen.
    pub candidates: Vec<(Order, Instance)>,
    /// The number of all, before `$skip` and `$top`.
    pub count: usize,
}

/// What the URL of a collection answers.
pub fn answer(world: &World, uri: &ODataUri) -> Result<Outcome> {
    let options = &uri.options;
    let ResourcePath::Resource(segments) = &uri.path else {
        return Err(Fault::unsupported("the path"));
    };
    let [set, rest @ ..] = segments.as_slice() else {
        return Err(Fault::unsupported("the path"));
    };
    let table = match &set.kind {
        SegmentKind::Name(name) => world.table(name),
        _ => None,
    };
    let table = table.ok_or_else(|| Fault::unsupported("the set"))?;
    let apply = Apply {
        world,
        aliases: &options.aliases,
        table,
    };
    let rows = 0..world.tables[table].rows.len();
    let mut set: Vec<Instance> = rows.map(|row| Instance::entity(table, row)).collect();
    for segment in rest {
        match &segment.kind {
            SegmentKind::Filter(condition) => set = certain(apply.filter(set, condition)?)?,
            SegmentKind::Count(_) => {}
            _ => return Err(Fault::unsupported("the path")),
        }
    }
    const KNOWN: [&str; 9] = [
        "$filter", "$orderby", "$compute", "$apply", "$top", "$skip", "$count", "$select",
        "$format",
    ];
    if let Some(other) = options
        .present
        .iter()
        .find(|option| !KNOWN.contains(&option.name))
    {
        return Err(Fault::unsupported(other.name));
    }
    if let Some(steps) = &options.apply {
        set = apply.run(set, steps)?;
    }
    for item in options.compute.iter().flatten() {
        apply.check_name(&set, &item.alias)?;
        for instance in &mut set {
            let value = eval(&apply.env(instance), &item.expr)?;
            instance.add(&item.alias.text, value);
        }
    }
    let mut open = Vec::new();
    if let Some(condition) = &options.filter {
        (set, open) = apply.filter(set, condition)?;
    }
    let count = set.len();
    let items = options.order_by.as_deref().unwrap_or_default();
    let mut keyed = Vec::new();
    for instance in set {
        let keys = apply.keys(&instance, items)?;
        keyed.push((keys, instance));
    }
    keyed.sort_by(|(a, _), (b, _)| order(a, b));
    if keyed
        .windows(2)
        .any(|pair| is_too_near(&pair[0].0, &pair[1].0))
    {
        return Err(Fault::open("an order by rounded quotients"));
    }
    let candidates = keyed.clone();
    if options.top.is_some() || options.skip.is_some() {
        if !open.is_empty() {
            return Err(Fault::open("a part of rows that are open"));
        }
        let number = |number: Option<odata_core::uri::ast::Number>| {
            number.map(|number| usize::try_from(number.value).unwrap_or(usize::MAX))
        };
        keyed.drain(..number(options.skip).unwrap_or(0).min(keyed.len()));
        keyed.truncate(number(options.top).unwrap_or(usize::MAX));
    }
    let (keys, instances) = keyed.into_iter().unzip();
    Ok(Outcome {
        instances,
        open,
        keys: if items.is_empty() { Vec::new() } else { keys },
        candidates,
        count,
    })
}

fn certain((kept, open): (Vec<Instance>, Vec<Instance>)) -> Result<Vec<Instance>> {
    if open.is_empty() {
        Ok(kept)
    } else {
        Err(Fault::open("a filter that is open, and more behind it"))
    }
}
