//! The binder: what is known while names are resolved.

use super::apply::{Nested, Relation, These};
use super::projection::Around;
use super::{Data, Expr, ExprKind, Join, Keys, Plan, Rows, Scoped, Via, all, crossjoin, resource};
use crate::edm::{EntitySet, PrimitiveType, Schema, SetId};
use crate::error::{Code, Error, Result, Span};
use crate::limits::Limits;
use crate::uri;
use crate::uri::ast::{self, Name, ODataUri, Present, QueryOptions, ResourcePath};

/// Resolves a request against what is served: its plan, and the keys of its path.
pub fn bind(schema: &Schema, uri: &ODataUri, limits: &Limits) -> Result<(Plan, Keys)> {
    // What isn't about an option is about a segment of the path.
    bind_uri(schema, uri, limits)
        .map_err(|error| error.target_at(|place| uri::segment_at(&uri.path, place)))
}

fn bind_uri(schema: &Schema, uri: &ODataUri, limits: &Limits) -> Result<(Plan, Keys)> {
    let plan_of = |(data, keys)| (Plan::of_data(data), keys);
    let options = &uri.options;
    check_schema_version(options)?;
    if options.delta_token.is_some() {
        return Err(Error::not_implemented("$deltatoken").target("$deltatoken"));
    }
    match &uri.path {
        // The grammar itself has their options.
        ResourcePath::ServiceDocument => Ok((Plan::ServiceDocument, Keys::default())),
        ResourcePath::Metadata => Ok((Plan::Metadata, Keys::default())),
        ResourcePath::Batch => Err(Error::new(
            Code::UnknownSegment,
            "'$batch' takes POST, which this service does not answer",
        )
        .target("$batch")
        .hint("turn batching off in the client (UI5: groupId \"$direct\")")),
        ResourcePath::All(cast, segments) => {
            all::bind_all(schema, cast.as_ref(), segments, uri, limits)
        }
        ResourcePath::CrossJoin(names, segments) => {
            let mut binder = Binder::new(schema, uri, limits);
            let bound = crossjoin::bind_crossjoin(&mut binder, names, segments, options);
            binder.finish(bound).map(plan_of)
        }
        ResourcePath::Entity(cast) => bind_entity(schema, cast.as_ref(), uri, limits),
        ResourcePath::Resource(_) if options.id.is_some() => {
            let message = "'$id' belongs to '$entity'";
            Err(Error::new(Code::OptionNotAllowed, message).target("$id"))
        }
        ResourcePath::Resource(segments) => {
            let mut binder = Binder::new(schema, uri, limits);
            let bound = resource::bind_resource(&mut binder, segments, options);
            let depends_on_scope = binder.depends_on_scope;
            let (mut data, keys) = binder.finish(bound)?;
            if depends_on_scope {
                let mut binder = Binder::new(schema, uri, limits);
                binder.is_in_one_scope = true;
                let bound = resource::bind_resource(&mut binder, segments, options);
                data.in_one_scope = Some(Box::new(binder.finish(bound)?.0));
            }
            Ok(plan_of((data, keys)))
        }
    }
}

/// There is one version of the schema, without a name: `*` is the one that is there now, and another
/// one isn't (Protocol 11.2.12).
fn check_schema_version(options: &QueryOptions) -> Result<()> {
    match options.schema_version.as_deref() {
        None | Some("*") => Ok(()),
        Some(version) => Err(Error::new(
            Code::ResourceNotFound,
            format!("there is no version '{version}' of the schema, expected '*', the current one"),
        )
        .target(SCHEMA_VERSION)),
    }
}

/// The one option that every request may have.
const SCHEMA_VERSION: &str = "$schemaversion";

/// `$entity?$id=Conversation(1)`: the entity that an id leads to (URL Conventions 4.4). The id is
/// relative to the service root.
fn bind_entity(
    schema: &Schema,
    cast: Option<&Name>,
    uri: &ODataUri,
    limits: &Limits,
) -> Result<(Plan, Keys)> {
    let options = &uri.options;
    // It was decoded: places in it are none of what the client wrote.
    let target = |error: Error| match error.target_name() {
        Some(_) => error,
        None => error.of_whole().target("$id"),
    };
    let id = options.id.as_deref().unwrap_or_default();
    let nowhere = || {
        let message = "'$id' does not lead to an entity";
        target(Error::new(Code::InvalidOptionValue, message))
    };
    // Any URI may be an id, but those of this service are paths.
    let path = uri::parse(id, "", limits).map_err(|error| match error.code() {
        Code::SyntaxError => nowhere(),
        _ => error.of_whole().target("$id"),
    })?;
    let path = path.path;
    let ResourcePath::Resource(segments) = &path else {
        return Err(nowhere());
    };
    let mut binder = Binder::new(schema, uri, limits);
    let bound = resource::bind_resource(&mut binder, segments, options);
    let (data, keys) = binder.finish(bound).map_err(target)?;
    let set = schema.set(data.query.shape.set);
    match cast {
        Some(cast)
            if schema
                .set_of_type(&cast.text)
                .is_none_or(|named| named.id != set.id) =>
        {
            let message = format!("the entity is no '{}'", cast.text);
            Err(Error::new(Code::ResourceNotFound, message).at(cast.span))
        }
        _ => Ok((Plan::of_data(data), keys)),
    }
}

/// Refuses every system option that isn't among these.
pub(super) fn allow_only(options: &QueryOptions, allowed: &[&str], what: &str) -> Result<()> {
    match not_allowed(options, allowed, what) {
        None => Ok(()),
        Some((option, error)) => Err(error.target(option.name)),
    }
}

/// The same for options that are nested in another one, at their place there.
pub(super) fn allow_only_nested(
    options: &QueryOptions,
    allowed: &[&str],
    what: &str,
) -> Result<()> {
    match not_allowed(options, allowed, what) {
        None => Ok(()),
        Some((option, error)) => Err(error.at(option.span)),
    }
}

fn not_allowed(options: &QueryOptions, allowed: &[&str], what: &str) -> Option<(Present, Error)> {
    let present = options.present.iter();
    let mut refused =
        present.filter(|option| option.name != SCHEMA_VERSION && !allowed.contains(&option.name));
    let option = *refused.next()?;
    let error = Error::option_not_allowed(option.name, format_args!("on {what}"));
    Some((option, error))
}

/// What is known while names are resolved.
pub(super) struct Binder<'a> {
    pub(super) schema: &'a Schema,
    pub(super) limits: &'a Limits,
    /// The options whose parameter aliases are visible, the innermost last.
    pub(super) alias_scopes: Vec<&'a QueryOptions>,
    /// Aliases whose values are being bound: one that is met again leads to itself.
    pub(super) open_aliases: Vec<String>,
    /// The instances that names may refer to, the innermost last.
    pub(super) frames: Vec<Frame<'a>>,
    /// The instance that names without a prefix belong to: its frame and its table reference.
    pub(super) origin: Option<(usize, Scoped)>,
    /// The columns that names refer to, once `$apply` has made rows of its own.
    pub(super) derived: Option<Relation>,
    /// The rows that `$these` stands for, where it does for some.
    pub(super) these: Option<These>,
    /// Whether the request may ask for them.
    pub(super) names_these: bool,
    /// Whether names are those of `$these`, beside which there is no other instance.
    pub(super) inside_these: bool,
    /// Lambdas around this place.
    pub(super) lambdas: usize,
    /// Expressions around this one.
    pub(super) depth: usize,
    /// Expressions of this option so far, those that names stand for among them.
    nodes: usize,
    /// The keys of the path that stand beside the plan, each with where it is.
    pub(super) keys: Vec<(Span, i64)>,
    /// Whether the request has `$apply`.
    pub(super) applies: bool,
    /// The segments of the request's path, where it leads to entities.
    pub(super) path: &'a [ast::PathSegment],
    /// Expand items so far.
    pub(super) expands: usize,
    /// SELECTs of `$apply` so far, as they will be printed.
    pub(super) apply_layers: usize,
    /// Whether the plan is for callers of one scope.
    pub(super) is_in_one_scope: bool,
    /// Whether the plan for callers of one scope is another than that for callers of several.
    pub(super) depends_on_scope: bool,
    next_source: usize,
    /// The option that is being bound.
    pub(super) option: Option<&'static str>,
    /// The option or alias that is being bound: positions are those of its value.
    pub(super) target: Option<String>,
    /// Unknown names, all of them, so that a client can mend them at once.
    unknown: Vec<Error>,
}

/// One instance that names may refer to.
pub(super) struct Frame<'a> {
    pub(super) from: Scoped,
    /// What is around its entities.
    pub(super) around: Around<'a>,
    /// The other sets of a `$crossjoin`: names start with that of a set.
    pub(super) crossed: Vec<Scoped>,
    pub(super) joins: Vec<Join>,
    /// The range variable of a lambda.
    pub(super) variable: Option<String>,
    /// Computed properties, each with the table reference that it belongs to.
    pub(super) computed: Vec<(Scoped, String, Expr)>,
    /// What `addnested` adds to each entity.
    pub(super) nested: Vec<Nested>,
    /// Whether `$apply` was run over it.
    pub(super) applied: bool,
}

impl<'a> Binder<'a> {
    pub(super) fn new(schema: &'a Schema, uri: &'a ODataUri, limits: &'a Limits) -> Binder<'a> {
        Binder {
            schema,
            limits,
            alias_scopes: vec![&uri.options],
            open_aliases: Vec::new(),
            frames: Vec::new(),
            origin: None,
            derived: None,
            these: None,
            names_these: uri.names_these,
            inside_these: false,
            apply_layers: 0,
            lambdas: 0,
            depth: 0,
            nodes: 0,
            keys: Vec::new(),
            applies: uri.options.apply.is_some(),
            path: &[],
            expands: 0,
            is_in_one_scope: false,
            depends_on_scope: false,
            next_source: 0,
            option: None,
            target: None,
            unknown: Vec::new(),
        }
    }

    /// The result with the keys beside it, unless a name was unknown.
    pub(super) fn finish(self, result: Result<Data>) -> Result<(Data, Keys)> {
        match (Error::all(self.unknown), result) {
            (Some(unknown), _) => Err(unknown),
            (None, result) => {
                let keys = self.keys.into_iter().map(|(_, key)| key);
                Ok((result?, Keys::of(keys.collect())))
            }
        }
    }

    /// A table reference. This is the one place that makes them.
    pub(super) fn scoped(&mut self, set: SetId) -> Scoped {
        Scoped {
            id: self.next_id(),
            set,
        }
    }

    /// A number that nothing else in the plan has.
    pub(super) fn next_id(&mut self) -> usize {
        let id = self.next_source;
        self.next_source += 1;
        id
    }

    /// The set that a table reference ranges over.
    pub(super) fn set(&self, source: Scoped) -> &'a EntitySet {
        self.schema.set(source.set())
    }

    /// Opens a frame over a new table reference of this set, and gives its place.
    pub(super) fn push_frame(&mut self, set: SetId) -> usize {
        let from = self.scoped(set);
        self.frames.push(Frame {
            from,
            around: Around::page(),
            crossed: Vec::new(),
            joins: Vec::new(),
            variable: None,
            computed: Vec::new(),
            nested: Vec::new(),
            applied: false,
        });
        self.frames.len() - 1
    }

    /// The rows of a frame that stays open, under these conditions.
    pub(super) fn rows(&self, frame: usize, via: Option<Via>, conditions: Vec<Expr>) -> Rows {
        let frame = &self.frames[frame];
        Rows {
            from: frame.from,
            via,
            crossed: frame.crossed.clone(),
            lateral: None,
            joins: frame.joins.clone(),
            filter: Expr::all(conditions),
        }
    }

    /// Closes the innermost frame: its rows, under this condition.
    pub(super) fn pop_frame(&mut self, via: Option<Via>, filter: Option<Expr>) -> Rows {
        let frame = self
            .frames
            .pop()
            .expect("each frame is closed where it was opened");
        Rows {
            from: frame.from,
            via,
            crossed: frame.crossed,
            lateral: None,
            joins: frame.joins,
            filter,
        }
    }

    /// Runs `then` with a frame of its own over this set, whose instance names belong to: those outside
    /// don't lead to what `$apply` makes inside, nor the other way round.
    pub(super) fn in_frame_of<R>(
        &mut self,
        set: SetId,
        then: impl FnOnce(&mut Self, usize) -> Result<R>,
    ) -> Result<R> {
        let frame = self.push_frame(set);
        let origin = (frame, self.frames[frame].from);
        let (derived, these) = (self.derived.take(), self.these.take());
        let result = self.with_origin(origin, |binder| then(binder, frame));
        (self.derived, self.these) = (derived, these);
        self.frames.truncate(frame);
        result
    }

    /// The far end of a to-one navigation property: one join for each path, however often it is
    /// used.
    pub(super) fn join(&mut self, frame: usize, near: Scoped, navigation: usize) -> Scoped {
        let via = Via { near, navigation };
        if let Some(join) = self.frames[frame].joins.iter().find(|join| join.via == via) {
            return join.source;
        }
        let source = self.scoped(self.set(near).navigation[navigation].target);
        self.frames[frame].joins.push(Join { source, via });
        source
    }

    /// Runs `then` with this instance as the one that names without a prefix belong to.
    pub(super) fn with_origin<R>(
        &mut self,
        origin: (usize, Scoped),
        then: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let before = self.origin.replace(origin);
        let result = then(self);
        self.origin = before;
        result
    }

    /// Binds a part of this option: errors name it, unless it stands inside another option.
    pub(super) fn in_option<R>(
        &mut self,
        option: &'static str,
        then: impl FnOnce(&mut Self) -> Result<R>,
    ) -> Result<R> {
        if self.option.is_some() {
            return then(self);
        }
        self.option = Some(option);
        self.nodes = 0;
        let result = self.with_target(option, then);
        self.option = None;
        result
    }

    /// An error about an option as such: where it is nested in another one, at its place there.
    pub(super) fn of_option(&self, option: Present, error: Error) -> Error {
        match self.option {
            Some(_) => error.at(option.span),
            None => error.target(option.name),
        }
    }

    /// Runs `then`; its errors are about this option or alias.
    pub(super) fn with_target<R>(
        &mut self,
        target: &str,
        then: impl FnOnce(&mut Self) -> Result<R>,
    ) -> Result<R> {
        let known = self.unknown.len();
        let outer = self.target.replace(target.to_owned());
        let result = then(self).map_err(|error| error.target(target));
        self.target = outer;
        let new = self.unknown.drain(known..);
        let new: Vec<Error> = new.map(|error| error.target(target)).collect();
        self.unknown.extend(new);
        result
    }

    /// So many expressions more in this option.
    pub(super) fn count_nodes(&mut self, more: usize, span: Span) -> Result<()> {
        self.nodes += more;
        if self.nodes > self.limits.nodes {
            return Err(self.limits.exceeded("nodes").at(span));
        }
        Ok(())
    }

    /// Notes an unknown name and goes on, so that all of them are found. The null stands for it.
    pub(super) fn unknown_name(&mut self, error: Error) -> Expr {
        self.unknown.push(error);
        Expr::null()
    }

    /// How many names were unknown so far.
    pub(super) fn unknown_names(&self) -> usize {
        self.unknown.len()
    }

    /// A hint for the names that are unknown since then, where there is none.
    pub(super) fn hint_unknown(&mut self, known: usize, hint: &str) {
        let new = self.unknown.drain(known..);
        let new: Vec<Error> = new.map(|error| error.or_hint(Some(hint))).collect();
        self.unknown.extend(new);
    }

    /// A property of a table reference, as an operand.
    pub(super) fn property(
        &self,
        frame: usize,
        source: Scoped,
        place: usize,
        span: Span,
    ) -> Result<Expr> {
        let property = &self.set(source).properties[place];
        if property.hidden {
            let name = property.declared.name;
            let message = format!("'{name}' is a secret and cannot be used in a query");
            return Err(Error::new(Code::OptionNotAllowed, message).at(span));
        }
        Ok(Expr {
            kind: ExprKind::Property(source, place),
            ty: Some(property.ty),
            nullable: property.may_be_null() || !self.is_combined(frame, source),
        })
    }
}

/// Requires a Boolean, or a null.
pub(super) fn condition(expr: Expr, span: Span) -> Result<Expr> {
    match expr.ty {
        None => Ok(Expr {
            ty: Some(PrimitiveType::Boolean),
            ..expr
        }),
        Some(PrimitiveType::Boolean) => Ok(expr),
        Some(ty) => {
            let message = format!(
                "expected a condition (Edm.Boolean), found {}",
                ty.edm_name()
            );
            Err(Error::new(Code::TypeMismatch, message).at(span))
        }
    }
}

/// The text of a resource path's name segments, for messages.
pub(super) fn segment_text(segment: &ast::PathSegment) -> &str {
    use ast::SegmentKind::*;
    match &segment.kind {
        Name(name) | Annotation(name) | Key(name) => name,
        Arguments(_) => "(..)",
        Count(_) => "$count",
        Ref => "$ref",
        Value => "$value",
        Filter(_) => "$filter",
        Each => "$each",
        Query => "$query",
        Any(_) => "any",
        All(_) => "all",
        Aggregate(_) => "aggregate",
    }
}
