//! `$expand`: related entities inside of an entity, each collection a query of its own.

use super::bind::{Binder, allow_only_nested, segment_text};
use super::hint;
use super::levels::Expansion;
use super::projection::{Around, Outputs, Selection, strip_casts};
use super::{
    CollectionAt, Expr, Input, Member, Output, Scoped, Selected, Shape, ShapeKind, Via, link,
};
use crate::edm::{EntitySet, SetId};
use crate::error::{Code, Error, Result, Span};
use crate::uri::ast::{
    ExpandItem, ExpandKind, ExpandSuffix, PathSegment, QueryOptions, SegmentKind,
};
use crate::uri::print;

impl<'a> Binder<'a> {
    /// The expand items with `*` written out, each navigation property at most once, and what is
    /// expanded again for a `$levels` around.
    pub(super) fn expand_items(
        &mut self,
        set: &'a EntitySet,
        options: &'a QueryOptions,
        around: Around<'a>,
    ) -> Result<Vec<Expansion<'a>>> {
        let most = self.limits.expand_depth + 1;
        let mut items: Vec<Expansion<'a>> = Vec::new();
        let mut stars: Vec<&ExpandItem> = Vec::new();
        let mut nested: Vec<&str> = Vec::new();
        for item in options.expand.iter().flatten() {
            let target = |error: Error| error.at(item.span);
            let path = match &item.kind {
                ExpandKind::Star => {
                    stars.push(item);
                    continue;
                }
                ExpandKind::StarOf(_) => {
                    return Err(target(Error::not_implemented(
                        "a path before '*' in $expand",
                    )));
                }
                ExpandKind::Value => return Err(target(Error::not_implemented("a media stream"))),
                ExpandKind::Path(path) => strip_casts(self, set, path),
            };
            let Some((segment, casts)) = path.split_first() else {
                continue;
            };
            let SegmentKind::Name(name) = &segment.kind else {
                return Err(target(Error::not_implemented("such a segment in $expand")));
            };
            let span = segment.span;
            if self.is_nested(name) {
                let is_whole = item.options.present.is_empty() && path.len() == 1;
                if item.suffix != ExpandSuffix::Entities || !is_whole {
                    let what = "an option or a path behind what 'addnested' adds";
                    return Err(target(Error::not_implemented(what)));
                }
                if nested.contains(&name.as_str()) {
                    return Err(target(expanded_twice(name)));
                }
                nested.push(name);
                continue;
            }
            if is_type(segment) {
                self.own_type(set, name, span)?;
            }
            let Some(place) = set.navigation(name) else {
                let error = if set.property(name).is_some() {
                    let message = format!(
                        "'{name}' is a structural property, expected a navigation property"
                    );
                    let error = Error::new(Code::UnknownNavigation, message).at(span);
                    error.hint("use $select for it")
                } else {
                    self.no_navigation(set, name, span)
                };
                self.unknown_name(error);
                continue;
            };
            let related = set.navigation[place].target;
            if !casts.iter().all(is_type) {
                let message = "expected one navigation property";
                let error = Error::new(Code::UnknownNavigation, message);
                let nested = hint::nested(name, self.schema.set(related), casts);
                return Err(target(
                    error.hint(format!("nest the options instead: {nested}")),
                ));
            }
            self.check_casts(related, casts)?;
            if items.iter().any(|other| other.navigation == place) {
                return Err(target(expanded_twice(name)));
            }
            items.push(Expansion::new(place, item, most));
        }
        if let [_, second, ..] = stars.as_slice() {
            return Err(expanded_twice("*").at(second.span));
        }
        let stars = stars.into_iter().flat_map(|star| {
            (0..set.navigation.len()).map(move |place| Expansion::new(place, star, most))
        });
        for expansion in stars.chain(around.again(self, set)) {
            let place = expansion.navigation;
            if !items.iter().any(|other| other.navigation == place) {
                items.push(expansion);
            } else if !expansion.is_star() {
                let name = set.navigation[place].declared.name;
                return Err(expanded_twice(name).at(expansion.item.span));
            }
        }
        self.set_max_levels(set, &mut items, around.depth);
        Ok(items)
    }

    /// The types behind a navigation property: only its own has any entities.
    pub(super) fn check_casts(&self, target: SetId, casts: &[PathSegment]) -> Result<()> {
        for segment in casts {
            let name = segment_text(segment);
            match self.schema.set_of_type(name) {
                Some(set) if set.id == target => {}
                Some(_) => {
                    let error = Error::not_implemented("a cast to an unrelated type in $expand");
                    return Err(error.at(segment.span));
                }
                None => return Err(self.no_type(name, segment.span)),
            }
        }
        Ok(())
    }

    pub(super) fn bind_expand(
        &mut self,
        frame: usize,
        source: Scoped,
        expansion: Expansion<'a>,
        around: Around<'a>,
        outputs: &mut Outputs,
        context: &mut Vec<Selected>,
    ) -> Result<Member> {
        let Expansion {
            navigation, item, ..
        } = expansion;
        self.count_expand(around.depth, item.span)?;
        self.alias_scopes.push(&item.options);
        let around = Around {
            depth: around.depth + 1,
            inside: Some((source.set(), expansion)),
            ..around
        };
        let via = Via {
            near: source,
            navigation,
        };
        let mut inside = None;
        let member = if self.set(source).navigation[navigation].declared.many {
            self.bind_many(via, item, around, outputs, &mut inside)
        } else {
            self.bind_one(frame, via, item, around, outputs, &mut inside)
        };
        self.alias_scopes.pop();
        // What `$levels` adds is said with a plus where it stands; what it adds to a star, by name.
        if let Some(inside) = inside
            && (!expansion.again || expansion.is_star())
        {
            let set = self.set(source);
            let target = self.schema.set(set.navigation[navigation].target);
            context.push(Selected::Expanded {
                name: set.navigation[navigation].declared.name.to_owned(),
                recursive: !expansion.is_star() && !expansion.again(set, target).is_empty(),
                inside,
            });
        }
        member
    }

    /// One item more that is expanded, at this depth.
    pub(super) fn count_expand(&mut self, depth: usize, span: Span) -> Result<()> {
        self.expands += 1;
        let limits = self.limits;
        if self.expands > limits.expands {
            return Err(limits.exceeded("expands").at(span));
        }
        if depth >= limits.expand_depth {
            return Err(limits.exceeded("expand_depth").at(span));
        }
        Ok(())
    }

    fn bind_one(
        &mut self,
        frame: usize,
        via: Via,
        item: &'a ExpandItem,
        around: Around<'a>,
        outputs: &mut Outputs,
        inside: &mut Option<Vec<Selected>>,
    ) -> Result<Member> {
        let name = self.set(via.near).navigation[via.navigation].declared.name;
        let far = self.join(frame, via.near, via.navigation);
        let shape = self.bind_single(frame, (name, far), item, around, outputs)?;
        *inside = selected(&shape);
        Ok(Member::One {
            name: name.to_owned(),
            dynamic: false,
            shape,
        })
    }

    /// A single entity that is expanded, at this table reference.
    pub(super) fn bind_single(
        &mut self,
        frame: usize,
        (name, source): (&str, Scoped),
        item: &'a ExpandItem,
        around: Around<'a>,
        outputs: &mut Outputs,
    ) -> Result<Shape> {
        let what = format!("'{name}', a single entity");
        let selection = match item.suffix {
            ExpandSuffix::Entities => {
                let allowed = &["$select", "$expand", "$compute", "$levels"];
                allow_only_nested(&item.options, allowed, &what)?;
                Selection::Selected
            }
            ExpandSuffix::Ref => {
                allow_only_nested(&item.options, &[], &what)?;
                Selection::Reference
            }
            ExpandSuffix::Count => {
                let message =
                    format!("'{name}' is a single entity, expected a collection before '/$count'");
                return Err(Error::new(Code::OptionNotAllowed, message).at(item.span));
            }
        };
        let options = &item.options;
        self.with_origin((frame, source), |binder| {
            binder.in_option("$compute", |binder| {
                let items = options.compute.as_deref().unwrap_or_default();
                binder.bind_compute(frame, source, items)
            })?;
            binder.bind_shape(frame, source, options, selection, around, outputs)
        })
    }

    fn bind_many(
        &mut self,
        via: Via,
        item: &'a ExpandItem,
        around: Around<'a>,
        outputs: &mut Outputs,
        inside: &mut Option<Vec<Selected>>,
    ) -> Result<Member> {
        const COLLECTION: &[&str] = &[
            "$filter", "$search", "$orderby", "$skip", "$top", "$count", "$select", "$expand",
            "$compute", "$levels", "$apply",
        ];
        let navigation = &self.set(via.near).navigation[via.navigation];
        let (name, target) = (navigation.declared.name, navigation.target);
        let options = &item.options;
        if item.suffix == ExpandSuffix::Count {
            allow_only_nested(
                options,
                &["$filter", "$search"],
                &format!("'{name}/$count'"),
            )?;
            let frame = self.push_frame(target);
            let conditions = self.bind_conditions(frame, options)?;
            let rows = self.pop_frame(Some(via), Expr::all(conditions));
            let count = outputs.push(Output::Count(Box::new(Input::Rows(rows))));
            return Ok(Member::Many {
                name: name.to_owned(),
                at: CollectionAt::Navigation(name),
                dynamic: false,
                output: None,
                count: Some(count),
                options: String::new(),
                canonical: String::new(),
            });
        }
        let selection = match item.suffix {
            ExpandSuffix::Ref => {
                let allowed = &["$filter", "$search", "$orderby", "$skip", "$top", "$count"];
                allow_only_nested(options, allowed, &format!("'{name}/$ref'"))?;
                Selection::Reference
            }
            _ => {
                allow_only_nested(options, COLLECTION, &format!("'{name}'"))?;
                Selection::Selected
            }
        };
        let bound = around.bound(self.limits);
        let within = around.within(options.top.map_or(bound, |top| top.value.min(bound)));
        if let (Some(_), Some((_, span))) = (&options.apply, options.levels) {
            return Err(Error::not_implemented("'$levels' beside '$apply'").at(span));
        }
        let query = self.in_frame_of(target, |binder, frame| {
            binder.bind_query(frame, Some(via), Vec::new(), options, selection, within)
        })?;
        let counted = query.count.then(|| query.input.clone());
        let count = counted.map(|input| outputs.push(Output::Count(Box::new(input))));
        *inside = selected(&query.shape);
        let output = outputs.push(Output::Array(Box::new(query), bound));
        let again = around.again(self, self.schema.set(target));
        let canonical = link::nested(options, again.first(), &self.alias_scopes);
        link::check_it(&canonical, around.depth, item.span)?;
        let options = print::to_url(&canonical);
        Ok(Member::Many {
            name: name.to_owned(),
            at: CollectionAt::Navigation(name),
            dynamic: false,
            output: Some(output),
            count,
            options,
            canonical,
        })
    }
}

/// Whether the segment is the name of a type.
fn is_type(segment: &PathSegment) -> bool {
    matches!(&segment.kind, SegmentKind::Name(name) if name.contains('.'))
}

/// What the context URL says inside of an expanded navigation property; nothing of references
/// (Protocol 10.9).
fn selected(shape: &Shape) -> Option<Vec<Selected>> {
    (shape.kind != ShapeKind::Reference).then(|| shape.selection.clone())
}

pub(super) fn expanded_twice(name: &str) -> Error {
    Error::new(Code::DuplicateOption, format!("'{name}' is expanded twice"))
}
