//! The standard library's hash map, under a name that the counts of coverage still use.

/// A hash map.
pub(crate) type Map<K, V> = std::collections::HashMap<K, V>;
