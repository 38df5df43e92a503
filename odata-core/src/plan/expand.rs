//! `$expand`: related entities inside of an entity, each collection a query of its own.

use super::bind::{Binder, allow_only, segment_text};
use super::projection::{Around, Outputs, Selection, strip_casts};
use super::{Expr, Member, Output, Rows, Scoped, SelectList, Shape, ShapeKind, Via, link};
use crate::edm::{EntitySet, SetId};
use crate::error::{Code, Error, Result};
use crate::uri::ast::{
    ExpandItem, ExpandKind, ExpandSuffix, PathSegment, QueryOptions, SegmentKind,
};
use crate::uri::print;

impl<'a> Binder<'a> {
    /// The expand items with `*` written out, each navigation property at most once.
    pub(super) fn expand_items(
        &mut self,
        set: &'a EntitySet,
        options: &'a QueryOptions,
    ) -> Result<Vec<(usize, &'a ExpandItem)>> {
        let mut items: Vec<(usize, &ExpandItem)> = Vec::new();
        let mut stars: Vec<&ExpandItem> = Vec::new();
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
            if !casts.iter().all(is_type) {
                let message = "expected one navigation property";
                let error = Error::new(Code::UnknownNavigation, message);
                return Err(target(
                    error.hint("nest the options instead: $expand=a($expand=b)"),
                ));
            }
            let Some(place) = set.navigation(name) else {
                let error = if set.property(name).is_some() {
                    let message = format!(
                        "'{name}' is a structural property, expected a navigation property"
                    );
                    Error::new(Code::UnknownNavigation, message).hint("use $select for it")
                } else {
                    let message = format!(
                        "'{}' has no navigation property '{name}'",
                        set.declared.name
                    );
                    let known = set
                        .navigation
                        .iter()
                        .map(|navigation| navigation.declared.name);
                    Error::new(Code::UnknownNavigation, message).did_you_mean(name, known)
                };
                self.unknown_name(error.at(span));
                continue;
            };
            self.check_casts(set.navigation[place].target, casts)?;
            if items.iter().any(|(other, _)| *other == place) {
                let message = format!("'{name}' is expanded twice");
                return Err(target(Error::new(Code::DuplicateOption, message)));
            }
            items.push((place, item));
        }
        if let [_, second, ..] = stars.as_slice() {
            let error = Error::new(Code::DuplicateOption, "'*' is expanded twice");
            return Err(error.at(second.span));
        }
        for star in stars {
            for place in 0..set.navigation.len() {
                if !items.iter().any(|(other, _)| *other == place) {
                    items.push((place, star));
                }
            }
        }
        Ok(items)
    }

    /// The types behind a navigation property: only its own has any entities.
    fn check_casts(&self, target: SetId, casts: &[PathSegment]) -> Result<()> {
        for segment in casts {
            let name = segment_text(segment);
            match self.schema.set_of_type(name) {
                Some(set) if set.id == target => {}
                Some(_) => {
                    let error = Error::not_implemented("a cast to an unrelated type in $expand");
                    return Err(error.at(segment.span));
                }
                None => {
                    let message = format!("there is no type '{name}'");
                    return Err(Error::new(Code::UnknownType, message).at(segment.span));
                }
            }
        }
        Ok(())
    }

    pub(super) fn bind_expand(
        &mut self,
        frame: usize,
        source: Scoped,
        (navigation, item): (usize, &'a ExpandItem),
        around: Around,
        outputs: &mut Outputs,
        select_list: &mut SelectList,
    ) -> Result<Member> {
        self.expands += 1;
        let limits = self.limits;
        let too_much =
            |message: String| Err(Error::new(Code::LimitExceeded, message).at(item.span));
        if self.expands > limits.expands {
            return too_much(format!("more than {} expand items in all", limits.expands));
        }
        if around.depth == limits.expand_depth {
            return too_much(format!(
                "more than {} levels of $expand",
                limits.expand_depth
            ));
        }
        let declared = self.set(source).navigation[navigation].declared;
        let options = &item.options;
        if let Some((levels, span)) = options.levels {
            match levels {
                Some(0) => {
                    let message = "'$levels' is 0, expected a positive number or 'max'";
                    return Err(Error::new(Code::InvalidOptionValue, message).at(span));
                }
                Some(1) => {}
                _ => return Err(Error::not_implemented("$levels beyond 1").at(span)),
            }
        }
        self.alias_scopes.push(options);
        let around = Around {
            depth: around.depth + 1,
            ..around
        };
        let via = Via {
            near: source,
            navigation,
        };
        let member = if declared.many {
            self.bind_many(via, item, around, outputs, select_list)
        } else {
            self.bind_one(frame, via, item, around, outputs, select_list)
        };
        self.alias_scopes.pop();
        member
    }

    fn bind_one(
        &mut self,
        frame: usize,
        via: Via,
        item: &'a ExpandItem,
        around: Around,
        outputs: &mut Outputs,
        select_list: &mut SelectList,
    ) -> Result<Member> {
        let name = self.set(via.near).navigation[via.navigation].declared.name;
        let far = self.join(frame, via.near, via.navigation);
        let shape = self.bind_single(frame, (name, far), item, around, outputs)?;
        mention(select_list, name, &shape);
        Ok(Member::One { name, shape })
    }

    /// A single entity that is expanded, at this table reference.
    pub(super) fn bind_single(
        &mut self,
        frame: usize,
        (name, source): (&str, Scoped),
        item: &'a ExpandItem,
        around: Around,
        outputs: &mut Outputs,
    ) -> Result<Shape> {
        let what = format!("'{name}', a single entity");
        let selection = match item.suffix {
            ExpandSuffix::Entities => {
                allow_only(
                    &item.options,
                    &["$select", "$expand", "$compute", "$levels"],
                    &what,
                )?;
                Selection::Selected
            }
            ExpandSuffix::Ref => {
                allow_only(&item.options, &[], &what)?;
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
        around: Around,
        outputs: &mut Outputs,
        select_list: &mut SelectList,
    ) -> Result<Member> {
        const COLLECTION: &[&str] = &[
            "$filter", "$search", "$orderby", "$skip", "$top", "$count", "$select", "$expand",
            "$compute", "$levels", "$apply",
        ];
        let navigation = &self.set(via.near).navigation[via.navigation];
        let (name, target) = (navigation.declared.name, navigation.target);
        let options = &item.options;
        let frame = self.push_frame(target);
        if item.suffix == ExpandSuffix::Count {
            allow_only(
                options,
                &["$filter", "$search"],
                &format!("'{name}/$count'"),
            )?;
            let conditions = self.bind_conditions(frame, options)?;
            let rows = self.pop_frame(Some(via), Expr::all(conditions));
            let count = outputs.push(Output::Count(Box::new(rows)));
            return Ok(Member::Many {
                navigation: via.navigation,
                output: None,
                count: Some(count),
                options: String::new(),
                canonical: String::new(),
            });
        }
        let selection = match item.suffix {
            ExpandSuffix::Ref => {
                let allowed = &["$filter", "$search", "$orderby", "$skip", "$top", "$count"];
                allow_only(options, allowed, &format!("'{name}/$ref'"))?;
                Selection::Reference
            }
            _ => {
                allow_only(options, COLLECTION, &format!("'{name}'"))?;
                Selection::Selected
            }
        };
        // Arrays inside arrays multiply: the bound of one is what the ones around it leave.
        let limits = self.limits;
        let bound = limits
            .expand_page_size
            .min(limits.expand_product / around.product.max(1))
            .max(1);
        let rows = options.top.map_or(bound, |top| top.value.min(bound));
        let inside = Around {
            product: around.product.saturating_mul(rows.max(1)),
            ..around
        };
        let query = self.bind_query(frame, Some(via), Vec::new(), options, selection, inside)?;
        self.pop_frame(None, None);
        let counted = query.rows().filter(|_| query.count).map(Rows::to_count);
        let count = counted.map(|rows| outputs.push(Output::Count(Box::new(rows))));
        mention(select_list, name, &query.shape);
        let output = outputs.push(Output::Array(Box::new(query), bound));
        let canonical = link::nested(options, &self.alias_scopes);
        let options = print::to_url(&canonical);
        Ok(Member::Many {
            navigation: via.navigation,
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

/// References are not represented in the context URL (Protocol 10.9).
fn mention(select_list: &mut SelectList, name: &str, shape: &Shape) {
    if shape.kind != ShapeKind::Reference {
        select_list.expanded(name, shape.select_list.clone());
    }
}
