//! `$levels`: an expand item that holds again inside of what it expands (URL Conventions 5.1.3.2).

use super::bind::Binder;
use crate::edm::EntitySet;
use crate::uri::ast::{ExpandItem, ExpandKind, QueryOptions, SegmentKind};

/// A navigation property that is expanded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expansion<'a> {
    /// Its place in the set.
    pub(super) navigation: usize,
    /// What the client wrote about it.
    pub(super) item: &'a ExpandItem,
    /// How many levels of it are expanded, this one among them.
    pub(super) levels: usize,
    /// Whether it stands in the URL further out, and is here for `$levels`.
    pub(super) again: bool,
}

impl<'a> Expansion<'a> {
    pub(super) fn new(navigation: usize, item: &'a ExpandItem, most: usize) -> Expansion<'a> {
        let levels = match item.options.levels {
            // One beyond the limit is as good as the largest.
            Some((Some(levels), _)) => usize::try_from(levels).unwrap_or(most).min(most),
            // What 'max' stands for is found where its neighbours are known.
            Some((None, _)) | None => 1,
        };
        Expansion {
            navigation,
            item,
            levels: levels.max(1),
            again: false,
        }
    }

    pub(super) fn is_star(&self) -> bool {
        self.item.kind == ExpandKind::Star
    }

    /// What this one expands again in the entities that it leads to. A property is expanded again
    /// where it leads on to entities of their own type; a star wherever it is.
    pub(super) fn again(&self, set: &EntitySet, target: &EntitySet) -> Vec<Expansion<'a>> {
        if self.levels < 2 {
            return Vec::new();
        }
        let name = set.navigation[self.navigation].declared.name;
        let leads_on = |place: &usize| {
            let navigation = &target.navigation[*place];
            let recursive = navigation.declared.name == name && navigation.target == target.id;
            self.is_star() || recursive
        };
        (0..target.navigation.len())
            .filter(leads_on)
            .map(|navigation| Expansion {
                navigation,
                levels: self.levels - 1,
                again: true,
                ..*self
            })
            .collect()
    }
}

/// What a tree of expansions is bounded by.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    items: usize,
    depth: usize,
}

impl<'a> Binder<'a> {
    /// Gives each `$levels=max` as many levels as the limits leave room for.
    pub(super) fn set_max_levels(
        &self,
        set: &'a EntitySet,
        expansions: &mut [Expansion<'a>],
        depth: usize,
    ) {
        let room = Size {
            items: self.limits.expands.saturating_sub(self.expands),
            depth: self.limits.expand_depth.saturating_sub(depth),
        };
        let is_max = |item: &ExpandItem| matches!(item.options.levels, Some((None, _)));
        for place in 0..expansions.len() {
            let Expansion {
                item,
                levels,
                again,
                ..
            } = expansions[place];
            // The expansions of a star go down together.
            if again || levels > 1 || !is_max(item) {
                continue;
            }
            for levels in (1..=room.depth).rev() {
                let of_item = expansions
                    .iter_mut()
                    .filter(|other| std::ptr::eq(other.item, item));
                of_item.for_each(|expansion| expansion.levels = levels);
                let size = self.size(set, expansions, room);
                if size.items <= room.items && size.depth <= room.depth {
                    break;
                }
            }
        }
    }

    /// The size of a tree, exact as long as it is within the room.
    fn size(&self, set: &EntitySet, expansions: &[Expansion<'_>], room: Size) -> Size {
        let mut size = Size::default();
        for expansion in expansions {
            let target = self.schema.set(set.navigation[expansion.navigation].target);
            let mut inside = self.named(target, &expansion.item.options);
            inside.extend(expansion.again(set, target));
            size.items += 1;
            size.depth = size.depth.max(1);
            if size.items > room.items || room.depth == 0 {
                return size;
            }
            let left = Size {
                items: room.items - size.items,
                depth: room.depth - 1,
            };
            let inner = self.size(target, &inside, left);
            size.items += inner.items;
            size.depth = size.depth.max(1 + inner.depth);
        }
        size
    }

    /// The expansions that options name, as far as the names are known.
    fn named<'b>(&self, set: &EntitySet, options: &'b QueryOptions) -> Vec<Expansion<'b>> {
        let most = self.limits.expand_depth + 1;
        let all = 0..set.navigation.len();
        let items = options.expand.iter().flatten();
        let expansions = items.flat_map(|item| {
            let name = match &item.kind {
                ExpandKind::Path(path) => path.last().map(|segment| &segment.kind),
                _ => None,
            };
            let is_it = |place: &usize| match name {
                Some(SegmentKind::Name(name)) => set.navigation[*place].declared.name == name,
                _ => item.kind == ExpandKind::Star,
            };
            let places: Vec<usize> = all.clone().filter(is_it).collect();
            places
                .into_iter()
                .map(move |place| Expansion::new(place, item, most))
        });
        expansions.collect()
    }
}
