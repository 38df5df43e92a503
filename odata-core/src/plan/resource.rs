//! The resource path: which rows, of which set, in which form (URL Conventions 4).

use super::bind::{Binder, allow_only, segment_text};
use super::key::KEY;
use super::projection::Selection;
use super::{
    Anchor, Answer, Data, Expr, Input, Join, Links, Output, Query, Rows, Scoped, Shape, ShapeKind,
    Via,
};
use super::{link, unknown};
use crate::edm::EntitySet;
use crate::error::{Code, Error, Result, Span, nearest};
use crate::uri::ast::{self, Argument, PathSegment, QueryOptions, SegmentKind};
use crate::uri::{print, segment_of};

/// One entity or collection on the way.
struct Step<'a> {
    /// The navigation property that leads to it; `None` for the first.
    navigation: Option<usize>,
    set: &'a EntitySet,
    many: bool,
    key: Option<Key<'a>>,
    filters: Vec<&'a ast::Expr>,
    span: Span,
}

/// A key predicate.
enum Key<'a> {
    /// In parentheses.
    Arguments(&'a [Argument]),
    /// As a segment of its own (URL Conventions 4.3.6).
    Segment(&'a str),
}

impl Step<'_> {
    fn is_collection(&self) -> bool {
        self.many && self.key.is_none()
    }
}

/// How the path ends.
enum End {
    Entities,
    Property(usize),
    Value(usize),
    Count,
    References,
}

/// The rows that a resource path and its options ask for.
pub(super) fn bind_resource<'a>(
    binder: &mut Binder<'a>,
    segments: &'a [PathSegment],
    options: &'a QueryOptions,
) -> Result<Data> {
    binder.path = segments;
    let (steps, end) = walk(binder, segments)?;
    let (last, before) = steps
        .split_last()
        .ok_or_else(|| Error::new(Code::UnknownSegment, "expected a collection"))?;
    check_options(options, last, &end)?;
    // The page's frame is the first: `$it` is its instance.
    let frame = binder.push_frame(last.set.id);
    let from = binder.frames[frame].from;
    let anchor = bind_anchor(binder, before)?;
    let via = match (&anchor, last.navigation) {
        (Some(anchor), Some(navigation)) => Some(Via {
            near: anchor.last(),
            navigation,
        }),
        _ => None,
    };
    let mut conditions = Vec::new();
    if let Some(key) = &last.key {
        conditions.push(bind_step_key(binder, from, key, last.span)?);
    }
    for filter in &last.filters {
        let target = segment_of(segments, filter.span).unwrap_or_default();
        let condition = |binder: &mut Binder<'a>| binder.bind_member_condition(frame, filter);
        conditions.push(binder.with_target(&target, condition)?);
    }
    let collection = last.is_collection();
    let (query, answer) = match end {
        End::Entities => {
            let mut query =
                binder.bind_page(frame, via, conditions, options, Selection::Selected)?;
            if !collection {
                query.order.clear();
            }
            (
                query,
                if collection {
                    Answer::Collection
                } else {
                    Answer::Entity
                },
            )
        }
        End::References => {
            let mut query =
                binder.bind_page(frame, via, conditions, options, Selection::Reference)?;
            if !collection {
                query.order.clear();
            }
            (
                query,
                if collection {
                    Answer::References
                } else {
                    Answer::Reference
                },
            )
        }
        End::Count if options.apply.is_some() => {
            let selection = Selection::Reference;
            let query = binder.bind_page(frame, via, conditions, options, selection)?;
            (query, Answer::Count)
        }
        End::Count => {
            conditions.extend(binder.bind_conditions(frame, options)?);
            (bare(binder, frame, via, conditions, None), Answer::Count)
        }
        End::Property(place) => (
            bare(binder, frame, via, conditions, Some(place)),
            Answer::Property,
        ),
        End::Value(place) => (
            bare(binder, frame, via, conditions, Some(place)),
            Answer::Value,
        ),
    };
    let keys = binder.keys.iter().map(|(span, _)| *span);
    let path = print::segments_without(segments, keys.collect(), KEY);
    Ok(Data {
        anchor,
        query,
        answer,
        by_key: last.key.is_some(),
        canonical: link::request(&path, options),
        in_one_scope: None,
    })
}

/// A query that reads one property and the key, or only counts.
fn bare(
    binder: &mut Binder<'_>,
    frame: usize,
    via: Option<Via>,
    conditions: Vec<Expr>,
    property: Option<usize>,
) -> Query {
    let from = binder.frames[frame].from;
    let set = binder.set(from);
    let places = property.into_iter().chain(set.key.iter().copied());
    let outputs: Vec<Output> = places.map(|place| Output::Property(from, place)).collect();
    let first_key = usize::from(property.is_some());
    let members = property.map(|property| super::Member::Property {
        property,
        output: 0,
    });
    let shape = Shape {
        set: set.id,
        key: (first_key..outputs.len()).collect(),
        key_selected: false,
        kind: ShapeKind::Entity,
        entities: None,
        members: members.into_iter().collect(),
        links: Links::default(),
        selection: Vec::new(),
    };
    let rows: Rows = binder.pop_frame(via, Expr::all(conditions));
    Query {
        input: Input::Rows(rows),
        order: Vec::new(),
        asked_order: 0,
        skip: 0,
        top: None,
        count: false,
        outputs,
        shape,
    }
}

/// Reads the segments from left to right.
fn walk<'a>(binder: &Binder<'a>, segments: &'a [PathSegment]) -> Result<(Vec<Step<'a>>, End)> {
    let schema = binder.schema;
    let mut steps: Vec<Step<'a>> = Vec::new();
    let mut end = End::Entities;
    for segment in segments {
        let text = segment_text(segment);
        let after_end = |what: &str| {
            let message = format!("'{text}' cannot follow {what}");
            Error::new(Code::UnknownSegment, message).at(segment.span)
        };
        if let (End::Property(place), SegmentKind::Value) = (&end, &segment.kind) {
            end = End::Value(*place);
            continue;
        }
        match end {
            End::Entities => {}
            End::Property(_) if matches!(segment.kind, SegmentKind::Count(_)) => {
                return Err(needs_collection("'/$count'", segment));
            }
            End::Property(_) => return Err(after_end("a property")),
            End::Value(_) => return Err(after_end("'$value'")),
            End::Count => return Err(after_end("'$count'")),
            End::References => return Err(after_end("'$ref'")),
        }
        let Some(step) = steps.last_mut() else {
            let SegmentKind::Name(name) = &segment.kind else {
                return Err(Error::new(
                    Code::UnknownSegment,
                    format!("'{text}' is not a collection"),
                )
                .at(segment.span));
            };
            let set = schema
                .set_named(name)
                .ok_or_else(|| unknown::no_set(schema, Code::UnknownSegment, name, segment.span))?;
            steps.push(Step {
                navigation: None,
                set,
                many: true,
                key: None,
                filters: Vec::new(),
                span: segment.span,
            });
            continue;
        };
        match &segment.kind {
            SegmentKind::Arguments(arguments) if step.is_collection() => {
                step.key = Some(Key::Arguments(arguments));
            }
            SegmentKind::Arguments(_) => {
                return Err(needs_collection("a key predicate", segment));
            }
            SegmentKind::Key(key) if step.is_collection() => step.key = Some(Key::Segment(key)),
            SegmentKind::Filter(filter) if step.is_collection() => step.filters.push(filter),
            SegmentKind::Count(_) if step.is_collection() => end = End::Count,
            SegmentKind::Count(_) => return Err(needs_collection("'/$count'", segment)),
            SegmentKind::Filter(_) => return Err(needs_collection("'/$filter(..)'", segment)),
            SegmentKind::Value => {
                let message =
                    "'/$value' needs a property before it: no entity here is a media entity";
                return Err(Error::new(Code::OptionNotAllowed, message).at(segment.span));
            }
            SegmentKind::Ref => end = End::References,
            SegmentKind::Each => return Err(Error::not_implemented("$each").at(segment.span)),
            SegmentKind::Query => {
                return Err(Error::new(
                    Code::UnknownSegment,
                    "'$query' takes POST, which this service does not answer",
                )
                .at(segment.span));
            }
            SegmentKind::Name(name) => {
                let set = step.set;
                if schema
                    .set_of_type(name)
                    .is_some_and(|cast| cast.id == set.id)
                {
                    continue;
                }
                // A key of text may look like a name (URL Conventions 4.3.6).
                let is_text = |place: &usize| set.properties[*place].ty.is_text();
                let is_member = || set.names().any(|known| known == name);
                if step.is_collection() && set.key.iter().all(is_text) && !is_member() {
                    step.key = Some(Key::Segment(name));
                    continue;
                }
                if name.contains('.') {
                    let code = Code::UnknownSegment;
                    return Err(binder.not_derived(code, set, name, segment.span));
                }
                if step.is_collection() {
                    let message = format!("'{name}' is not a member of a collection");
                    let error = Error::new(Code::UnknownSegment, message).at(segment.span);
                    let hint = |near| {
                        let set = set.declared.entity_set;
                        format!("name one entity first: {set}(1)/{near}")
                    };
                    return Err(error.or_hint(nearest(name, set.names()).map(hint)));
                }
                if let Some(place) = set.property(name) {
                    end = End::Property(place);
                } else if let Some(place) = set.navigation(name) {
                    let navigation = &set.navigation[place];
                    steps.push(Step {
                        navigation: Some(place),
                        set: schema.set(navigation.target),
                        many: navigation.declared.many,
                        key: None,
                        filters: Vec::new(),
                        span: segment.span,
                    });
                } else {
                    let error = Error::new(
                        Code::UnknownSegment,
                        format!("'{}' has no '{name}'", set.declared.name),
                    );
                    return Err(error.at(segment.span).did_you_mean(name, set.names()));
                }
            }
            _ => {
                return Err(Error::new(
                    Code::UnknownSegment,
                    format!("'{text}' cannot stand here"),
                )
                .at(segment.span));
            }
        }
    }
    Ok((steps, end))
}

fn needs_collection(what: &str, segment: &PathSegment) -> Error {
    let message = format!("{what} needs a collection before it");
    Error::new(Code::OptionNotAllowed, message).at(segment.span)
}

/// Which options a resource allows (URL Conventions 5.1). Those that cannot change a count are
/// read over, as the standard says of them.
fn check_options(options: &QueryOptions, last: &Step<'_>, end: &End) -> Result<()> {
    let collection = last.is_collection();
    if options.id.is_some() && (collection || !matches!(end, End::Entities)) {
        let message = "'$id' does not lead to one entity";
        return Err(Error::new(Code::InvalidOptionValue, message).target("$id"));
    }
    let (allowed, what): (&[&str], &str) = match end {
        End::Entities if collection => (
            &[
                "$filter",
                "$search",
                "$orderby",
                "$skip",
                "$top",
                "$count",
                "$select",
                "$expand",
                "$compute",
                "$apply",
                "$skiptoken",
                "$format",
            ],
            "a collection",
        ),
        End::Entities => (
            &["$select", "$expand", "$compute", "$format", "$id"],
            "a single entity",
        ),
        End::Property(_) => (&["$format"], "a property"),
        End::Value(_) => (&["$format"], "a raw value"),
        End::Count => (
            &[
                "$filter", "$search", "$apply", "$skip", "$top", "$orderby", "$expand", "$format",
            ],
            "a number of rows",
        ),
        End::References if collection => (
            &[
                "$filter",
                "$search",
                "$orderby",
                "$skip",
                "$top",
                "$count",
                "$skiptoken",
                "$format",
            ],
            "a collection of references",
        ),
        End::References => (&["$format"], "a reference"),
    };
    allow_only(options, allowed, what)
}

fn bind_anchor<'a>(binder: &mut Binder<'a>, steps: &[Step<'a>]) -> Result<Option<Anchor>> {
    let Some((first, rest)) = steps.split_first() else {
        return Ok(None);
    };
    if let Some(filter) = steps.iter().flat_map(|step| &step.filters).next() {
        let what = "'/$filter(..)' before a navigation property of one entity";
        return Err(Error::not_implemented(what).at(filter.span));
    }
    let from = binder.scoped(first.set.id);
    let key = match &first.key {
        Some(key) => bind_step_key(binder, from, key, first.span)?,
        None => return Err(not_single(first)),
    };
    let mut anchor = Anchor {
        first: Rows {
            from,
            via: None,
            crossed: Vec::new(),
            lateral: None,
            joins: Vec::new(),
            filter: Some(key),
        },
        steps: Vec::new(),
    };
    for step in rest {
        if step.is_collection() {
            return Err(not_single(step));
        }
        let navigation = step.navigation.ok_or_else(|| not_single(step))?;
        let source = binder.scoped(step.set.id);
        let join = Join {
            source,
            via: Via {
                near: anchor.last(),
                navigation,
            },
        };
        let key = step
            .key
            .as_ref()
            .map(|key| bind_step_key(binder, source, key, step.span))
            .transpose()?;
        anchor.steps.push((join, key));
    }
    Ok(Some(anchor))
}

fn not_single(step: &Step<'_>) -> Error {
    let name = step.set.declared.entity_set;
    Error::new(
        Code::UnknownSegment,
        format!("expected a key behind '{name}'"),
    )
    .at(step.span)
}

fn bind_step_key<'a>(
    binder: &mut Binder<'a>,
    from: Scoped,
    key: &Key<'a>,
    span: Span,
) -> Result<Expr> {
    match key {
        Key::Arguments(arguments) => binder.bind_key_of_path(from, arguments, span),
        Key::Segment(text) => binder.bind_key_segment(from, text, span),
    }
}
