//! Hash maps for what each request looks up.

use std::collections::HashMap;

/// A map with a hash that costs less than the standard library's. It is seeded at random too, which is enough against
/// clients that choose keys to be slow.
pub(crate) type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;
