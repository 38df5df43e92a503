//! `concat`: the rows of several sequences, one after the other.

use super::{DerivedColumn, DerivedNames, Stage, plain};
use crate::edm::PrimitiveType as T;
use crate::error::{Code, Error, Result, Span};
use crate::plan::bind::Binder;
use crate::plan::operand::{common_type, convert};
use crate::plan::{Derived, Expr, Input, Value, Via};

impl Binder<'_> {
    /// Binds one of several sequences over the same input: what it does to names ends with it.
    pub(super) fn branch(
        &mut self,
        frame: usize,
        then: impl FnOnce(&mut Self) -> Result<Stage>,
    ) -> Result<Stage> {
        let derived = self.derived.clone();
        let joins = self.frames[frame].joins.clone();
        let computed = self.frames[frame].computed.clone();
        let stage = then(self);
        self.derived = derived;
        self.frames[frame].joins = joins;
        self.frames[frame].computed = computed;
        stage
    }

    /// The rows of several sequences, one after the other (Data Aggregation 3.2.4).
    pub(super) fn union(
        &mut self,
        frame: usize,
        via: Option<Via>,
        branches: Vec<Stage>,
        entities: &[bool],
        span: Span,
    ) -> Result<Stage> {
        let mut relations = Vec::new();
        for branch in branches {
            relations.push(self.branch(frame, |binder| binder.as_derived(frame, via, branch))?);
        }
        let mut relations: Vec<(Derived, DerivedNames)> = relations
            .into_iter()
            .filter_map(|stage| match stage {
                Stage::Derived(derived, names) => Some((derived, names)),
                Stage::Entities(_) => None,
            })
            .collect();
        if relations.len() == 1 {
            return Ok(relations.pop().map_or_else(
                || Stage::Entities(Vec::new()),
                |(d, n)| Stage::Derived(d, n),
            ));
        }
        // The path leads on from an entity, while its row here ends in its own properties.
        let leads_on = |column: &DerivedColumn| column.path.len() > 1;
        if entities.contains(&true)
            && relations
                .iter()
                .any(|(_, names)| names.columns.iter().any(leads_on))
        {
            let what = "'concat' of entities and of rows grouped by a path";
            return Err(Error::not_implemented(what).at(span));
        }
        let mut columns: Vec<DerivedColumn> = Vec::new();
        for (i, (_, names)) in relations.iter().enumerate() {
            for column in names
                .columns
                .iter()
                .filter(|column| !column.path.is_empty())
            {
                match columns.iter_mut().find(|known| known.path == column.path) {
                    Some(known) => {
                        let message = || {
                            format!(
                                "'{}' has another type in another sequence",
                                column.path.join("/")
                            )
                        };
                        known.ty = common_type(known.ty, column.ty)
                            .ok_or_else(|| Error::new(Code::TypeMismatch, message()).at(span))?;
                        known.in_branch[i] = true;
                    }
                    None => {
                        let mut in_branch = vec![false; relations.len()];
                        in_branch[i] = true;
                        columns.push(DerivedColumn {
                            in_branch,
                            nullable: true,
                            ..column.clone()
                        });
                    }
                }
            }
        }
        let mut unique: Vec<usize> = Vec::new();
        let mut layers = Vec::new();
        for (i, (derived, names)) in relations.into_iter().enumerate() {
            let mut select = Vec::new();
            for (place, column) in columns.iter().enumerate() {
                let own = names.columns.iter().position(|own| own.path == column.path);
                select.push(match own {
                    Some(own) => {
                        if names.unique.contains(&own) && !unique.contains(&place) {
                            unique.push(place);
                        }
                        convert(names.column(own), column.ty)
                    }
                    None => Expr {
                        ty: Some(column.ty),
                        ..Expr::null()
                    },
                });
            }
            let number = Value::Integer(i64::try_from(i).unwrap_or_default());
            select.push(Expr {
                ty: Some(T::Int32),
                ..Expr::value(number)
            });
            layers.push(plain(Input::Derived(Box::new(derived)), select));
        }
        let branch = columns.len();
        unique.push(branch);
        columns.push(DerivedColumn {
            path: Vec::new(),
            ty: T::Int32,
            nullable: false,
            declared: false,
            in_branch: Vec::new(),
        });
        let id = self.next_id();
        let names = DerivedNames {
            id,
            columns,
            unique,
            branch: Some(branch),
        };
        Ok(Stage::Derived(
            Derived {
                id,
                layers,
                filter: None,
            },
            names,
        ))
    }

    /// Entities as rows of their structural and computed properties.
    pub(super) fn as_derived(
        &mut self,
        frame: usize,
        via: Option<Via>,
        stage: Stage,
    ) -> Result<Stage> {
        let Stage::Entities(conditions) = stage else {
            return Ok(stage);
        };
        let mut select = Vec::new();
        let mut columns = Vec::new();
        let mut unique = Vec::new();
        let sources = self.combined(frame);
        for source in &sources {
            let set = self.set(*source);
            for (place, property) in set.properties.iter().enumerate() {
                if property.hidden {
                    continue;
                }
                let prefix = (sources.len() > 1).then_some(set.declared.entity_set);
                let path = prefix.into_iter().chain([property.declared.name]);
                let expr = self.property(frame, *source, place, Span::default())?;
                if set.key.contains(&place) {
                    unique.push(columns.len());
                }
                columns.push(DerivedColumn {
                    path: path.map(str::to_owned).collect(),
                    ty: expr.ty_or_string(),
                    nullable: expr.nullable,
                    declared: true,
                    in_branch: Vec::new(),
                });
                select.push(expr);
            }
        }
        let from = self.frames[frame].from;
        for (of, name, expr) in self.frames[frame].computed.clone() {
            if of == from {
                columns.push(DerivedColumn {
                    path: vec![name],
                    ty: expr.ty_or_string(),
                    nullable: true,
                    declared: false,
                    in_branch: Vec::new(),
                });
                select.push(expr);
            }
        }
        let input = Input::Rows(self.rows(frame, via, conditions));
        Ok(self.layer(plain(input, select), columns, unique))
    }
}
