//! Partners: two navigation properties that are each other's reverse (CSDL 8.4).
//!
//! Nobody declares them. An `inverse` is the partner of what it reverses; two others are partners when
//! their paths are the same, seen from either end, and no third one is like them.

use crate::edm::{EntitySet, Join, JoinPath, Navigation, SetId};

/// A navigation property by its set and place.
type Place = (SetId, usize);

/// Fills in the partners.
pub(super) fn deduce(sets: &mut [EntitySet]) {
    let places: Vec<Place> = sets
        .iter()
        .flat_map(|set| (0..set.navigation.len()).map(|place| (set.id, place)))
        .collect();
    for &place in &places {
        if let Some(partner) = reversed_by(sets, place)
            && at(sets, partner).partner.is_none()
        {
            connect(sets, place, partner);
        }
    }
    for &place in &places {
        if let Some(partner) = only_mirror(sets, place)
            && only_mirror(sets, partner) == Some(place)
        {
            connect(sets, place, partner);
        }
    }
}

fn at(sets: &[EntitySet], (set, place): Place) -> &Navigation {
    &sets[usize::from(set.0)].navigation[place]
}

fn connect(sets: &mut [EntitySet], a: Place, b: Place) {
    for ((set, place), (_, partner)) in [(a, b), (b, a)] {
        sets[usize::from(set.0)].navigation[place].partner = Some(partner);
    }
}

/// What an `inverse` reverses.
fn reversed_by(sets: &[EntitySet], place: Place) -> Option<Place> {
    let navigation = at(sets, place);
    let Join::Inverse(name) = navigation.declared.join else {
        return None;
    };
    let partner = sets[usize::from(navigation.target.0)].navigation(name)?;
    Some((navigation.target, partner))
}

/// The one navigation property without a partner that goes the same way back.
fn only_mirror(sets: &[EntitySet], place: Place) -> Option<Place> {
    let navigation = at(sets, place);
    if navigation.partner.is_some() {
        return None;
    }
    let target = navigation.target;
    let far = &sets[usize::from(target.0)].navigation;
    let mut mirrors = (0..far.len()).map(|other| (target, other)).filter(|other| {
        let back = at(sets, *other);
        *other != place
            && back.target == place.0
            && back.partner.is_none()
            && mirrored(&navigation.path, &back.path)
    });
    let mirror = mirrors.next()?;
    mirrors.next().is_none().then_some(mirror)
}

/// Whether two paths are the same from either end.
fn mirrored(there: &JoinPath, back: &JoinPath) -> bool {
    match (there, back) {
        (
            JoinPath::Keys { pairs, near, far },
            JoinPath::Keys {
                pairs: back_pairs,
                near: back_near,
                far: back_far,
            },
        ) => {
            let turned: Vec<_> = back_pairs.iter().map(|(a, b)| (*b, *a)).collect();
            same(pairs, &turned) && same(near, back_far) && same(far, back_near)
        }
        // The reverse of a link relation is always said by `inverse`.
        _ => false,
    }
}

/// The same items in any order.
fn same<T: PartialEq>(a: &[T], b: &[T]) -> bool {
    a.len() == b.len() && a.iter().all(|item| b.contains(item))
}
