//! Sorting of short lists, where speed does not matter: in reports, listings and configuration.
//!
//! Each use of the standard library's sort with another type or comparison adds 8 KB of machine code, and there would
//! be about forty. Here one sort of indexes serves all of them, and then the elements are moved.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::mem;

/// Stable sorting of short lists.
pub trait ListOrder<T> {
    /// Like `sort_by`.
    fn order_by(&mut self, compare: impl FnMut(&T, &T) -> Ordering);

    /// Like `sort_by_key`.
    fn order_by_key<K: Ord>(&mut self, mut key: impl FnMut(&T) -> K) {
        self.order_by(|a, b| key(a).cmp(&key(b)));
    }

    /// Like `sort`.
    fn order(&mut self)
    where
        T: Ord,
    {
        self.order_by(Ord::cmp);
    }
}

impl<T> ListOrder<T> for [T] {
    fn order_by(&mut self, mut compare: impl FnMut(&T, &T) -> Ordering) {
        let mut from = places(self.len(), &mut |a, b| match (self.get(a), self.get(b)) {
            (Some(a), Some(b)) => compare(a, b),
            _ => Ordering::Equal,
        });
        arrange(&mut from, &mut |a, b| self.swap(a, b));
    }
}

/// Collecting into sorted sets and maps. `collect` sorts first, which is faster for many and adds as much machine code.
pub trait Gather: Iterator + Sized {
    /// A set of the items.
    fn in_set(self) -> BTreeSet<Self::Item>
    where
        Self::Item: Ord,
    {
        let mut set = BTreeSet::new();
        set.extend(self);
        set
    }

    /// A map of the items; of several with the same key the last one.
    fn in_map<K: Ord, V>(self) -> BTreeMap<K, V>
    where
        Self: Iterator<Item = (K, V)>,
    {
        let mut map = BTreeMap::new();
        map.extend(self);
        map
    }
}

impl<I: Iterator> Gather for I {}

/// The sorted order: for each position, the index of the element that belongs there.
fn places(length: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut from: Vec<usize> = (0..length).collect();
    from.sort_by(|&a, &b| compare(a, b));
    from
}

/// Moves the elements to their positions by following each cycle of the permutation once.
fn arrange(from: &mut [usize], swap: &mut dyn FnMut(usize, usize)) {
    for start in 0..from.len() {
        let mut place = start;
        loop {
            let next = mem::replace(&mut from[place], place);
            if next == start {
                break;
            }
            swap(place, next);
            place = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ListOrder;

    #[test]
    fn the_order_is_that_of_a_stable_sort() {
        for length in (0..60).chain([1000]) {
            let list: Vec<(usize, usize)> = (0..length).map(|at| (at * 7919 % 1009 % (length / 3 + 1), at)).collect();
            let (mut one, mut other) = (list.clone(), list);
            one.order_by_key(|entry| entry.0);
            other.sort_by_key(|entry| entry.0);
            assert_eq!(one, other);
            one.order_by(|a, b| b.cmp(a));
            other.sort_by(|a, b| b.cmp(a));
            assert_eq!(one, other);
            one.order();
            other.sort();
            assert_eq!(one, other);
        }
    }
}
