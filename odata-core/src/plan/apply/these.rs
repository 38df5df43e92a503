//! `$these`: the collection that a transformation or an option works on (Data Aggregation 3.6).

use super::Base;
use super::aggregate::aggregated;
use super::stage::{Entities, Made, Order, Stage, Weight};
use crate::edm::PrimitiveType as T;
use crate::error::{Error, Result, Span};
use crate::plan::bind::Binder;
use crate::plan::{Aggregate, Expr, ExprKind, Input, Via};
use crate::uri::ast::{PathSegment, SegmentKind};

/// The rows at hand.
pub(in crate::plan) struct These {
    base: Base,
    stage: Stage,
}

impl These {
    pub(super) fn of(base: Base, stage: &Stage) -> These {
        These {
            base,
            stage: stage.copy(),
        }
    }

    /// Entities of a frame.
    pub(in crate::plan) fn entities(frame: usize, via: Option<Via>, conditions: &[Expr]) -> These {
        These {
            base: Base { frame, via },
            stage: Stage::Entities(Entities {
                conditions: conditions.to_vec(),
                order: Order::new(),
                weight: Weight::default(),
            }),
        }
    }
}

impl<'a> Binder<'a> {
    /// Names lead to what these rows have, and `$these` to the rows themselves.
    pub(super) fn look_at_made(&mut self, frame: usize, made: &Made) {
        self.derived = Some(made.relation.clone());
        self.these = self.names_these.then(|| These {
            base: Base { frame, via: None },
            stage: Stage::Made(made.copy()),
        });
    }

    /// `$these/$count`, `$these/aggregate(..)`: a sub-select over the rows at hand, whose table
    /// references hide those around it.
    pub(in crate::plan) fn bind_these(
        &mut self,
        segments: &'a [PathSegment],
        span: Span,
    ) -> Result<Expr> {
        let not_here = || Error::not_implemented("'$these' here").at(span);
        let These { base, stage } = self.these.take().ok_or_else(not_here)?;
        let copy = These::of(base, &stage);
        let of_another = self.origin.is_some_and(|(frame, _)| frame != base.frame);
        if self.inside_these || of_another {
            return Err(not_here());
        }
        self.inside_these = true;
        let total = self.bind_of_these(base, segments, span);
        self.inside_these = false;
        self.these = Some(copy);
        let total = total?;
        self.count_layers(stage.weight().selects().saturating_add(1), span)?;
        let input = match stage {
            Stage::Entities(entities) => {
                Input::Rows(self.rows(base.frame, base.via, entities.conditions))
            }
            Stage::Made(made) => Input::Derived(Box::new(made.derived)),
        };
        Ok(Expr {
            ty: total.ty,
            nullable: total.nullable,
            kind: ExprKind::Whole(Box::new(input), Box::new(total)),
        })
    }

    fn bind_of_these(
        &mut self,
        base: Base,
        segments: &'a [PathSegment],
        span: Span,
    ) -> Result<Expr> {
        match segments {
            [
                PathSegment {
                    kind: SegmentKind::Count(options),
                    ..
                },
            ] if options.present.is_empty() => {
                let count = aggregated(Aggregate::Count, None, None, span)?;
                Ok(Expr {
                    ty: Some(T::Int64),
                    ..count
                })
            }
            [
                PathSegment {
                    kind: SegmentKind::Aggregate(item),
                    ..
                },
            ] => self.bind_aggregate_function(base.frame, item),
            _ => {
                let what = "what follows '$these'";
                Err(Error::not_implemented(what).at(span))
            }
        }
    }
}
