//! The transformations of recursive hierarchies (Data Aggregation 6).
//!
//! In: the cursor behind the `(` of one. Out: its node.

use super::apply::is_transformation_name;
use super::ast::{HierarchyReference, OrderByItem, Transformation, TransformationKind};
use super::parser::Parser;
use super::token::Token;
use crate::error::{Code, Error, Result};

impl Parser<'_> {
    /// `$root/Nodes,Qualifier,path`.
    pub(crate) fn hierarchy(&mut self) -> Result<HierarchyReference> {
        self.skip_space();
        let start = self.position();
        let is_root = self.peek() == Token::Dollar && self.peek_text() == "$root";
        if !is_root {
            return Err(self.unexpected("the nodes of a hierarchy, as in '$root/Nodes'"));
        }
        let nodes = self.rooted(start)?;
        self.comma("'/', or ',' and the qualifier of the hierarchy")?;
        let qualifier = self.identifier("the qualifier of the hierarchy")?;
        self.comma("',' and the path of the node's id")?;
        let (path, _) = self.grouping_property()?;
        Ok(HierarchyReference {
            nodes: Box::new(nodes),
            qualifier,
            path,
        })
    }

    /// `hierarchy,sequence[,sequence][,distance][,keep start]`.
    pub(crate) fn relatives(&mut self, ancestors: bool) -> Result<TransformationKind> {
        let hierarchy = self.hierarchy()?;
        self.comma("'/', or ',' and a transformation")?;
        let mut start = vec![self.preserving_sequence()?];
        let mut distance = None;
        let mut keep_start = false;
        while !keep_start && self.eat_comma() {
            if self.peek() == Token::Integer && distance.is_none() {
                distance = Some(self.amount()?);
            } else if self.peek() == Token::Name && self.peek_text() == "keep" {
                keep_start = self.keep_start()?;
            } else if start.len() == 1 && distance.is_none() {
                start.push(self.preserving_sequence()?);
            } else {
                return Err(self.unexpected("a distance, 'keep start' or ')'"));
            }
        }
        Ok(TransformationKind::Relatives {
            ancestors,
            hierarchy,
            start,
            distance,
            keep_start,
        })
    }

    /// `keep start`, with one space.
    pub(crate) fn keep_start(&mut self) -> Result<bool> {
        if !self.rest().starts_with("keep start") {
            return Err(self.unexpected("'keep start'"));
        }
        self.set_position(self.position() + "keep start".len());
        Ok(true)
    }

    /// `hierarchy,preorder[,sequence][,order]`.
    pub(crate) fn traverse(&mut self) -> Result<TransformationKind> {
        let hierarchy = self.hierarchy()?;
        self.comma("'/', or ',' and 'preorder' or 'postorder'")?;
        let post_order = match self.peek_text() {
            "preorder" => false,
            "postorder" => true,
            _ => return Err(self.unexpected("'preorder' or 'postorder'")),
        };
        self.next();
        let mut start = Vec::new();
        let mut order_by: Vec<OrderByItem> = Vec::new();
        if self.eat_comma() {
            if self.is_transformation() {
                start = self.preserving_sequence()?;
                if self.eat_comma() {
                    order_by = self.order_by()?;
                }
            } else {
                order_by = self.order_by()?;
            }
        }
        Ok(TransformationKind::Traverse {
            hierarchy,
            post_order,
            start,
            order_by,
        })
    }

    /// Whether a transformation that keeps instances starts here, not an item of an order.
    fn is_transformation(&mut self) -> bool {
        if self.peek() != Token::Name {
            return false;
        }
        let before = self.position();
        let name = self.qualified("").map(|name| name.text);
        let behind = self.peek();
        self.set_position(before);
        match name {
            Ok(name) if name == "identity" => behind != Token::Slash,
            Ok(name) => {
                behind == Token::Open && (name.contains('.') || is_transformation_name(&name))
            }
            Err(_) => false,
        }
    }

    /// Transformations that neither aggregate nor change instances.
    fn preserving_sequence(&mut self) -> Result<Vec<Transformation>> {
        let steps = self.apply()?;
        for step in &steps {
            let keeps = is_hierarchical(&step.kind)
                || matches!(
                    step.kind,
                    TransformationKind::Filter(_)
                        | TransformationKind::Identity
                        | TransformationKind::OrderBy(_)
                        | TransformationKind::Rank { .. }
                        | TransformationKind::Search(_)
                        | TransformationKind::Skip(_)
                        | TransformationKind::Top(_)
                );
            if !keeps {
                let message = "expected a transformation that keeps the instances as they are";
                return Err(Error::new(Code::SyntaxError, message).at(step.span));
            }
        }
        Ok(steps)
    }

    /// Transformations of a hierarchy.
    pub(crate) fn hierarchy_sequence(&mut self) -> Result<Vec<Transformation>> {
        let steps = self.apply()?;
        for step in &steps {
            if !is_hierarchical(&step.kind) {
                let message =
                    "expected 'ancestors', 'descendants', 'traverse' or a custom function";
                return Err(Error::new(Code::SyntaxError, message).at(step.span));
            }
        }
        Ok(steps)
    }
}

fn is_hierarchical(kind: &TransformationKind) -> bool {
    matches!(
        kind,
        TransformationKind::Relatives { .. }
            | TransformationKind::Traverse { .. }
            | TransformationKind::Custom(..)
    )
}
