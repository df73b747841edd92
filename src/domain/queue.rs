//! Queues, which issues belong to. They come from the fixtures and do not change afterwards.

use std::sync::Arc;

use super::*;

/// A queue of issues.
#[derive(Clone, Debug)]
pub struct Queue {
    /// The number that the API shows as `id`.
    pub id: u64,
    /// Upper-case letters; the keys of its issues start with it.
    pub key: String,
    /// The name that people read.
    pub name: String,
    /// Who is responsible.
    pub lead: Arc<User>,
}

impl World {
    /// Adds a queue. Fails when the key is taken or is not made of upper-case letters, or the id is taken.
    pub fn create_queue(&mut self, queue: Queue) -> RuleResult<()> {
        if queue.key.is_empty() || !queue.key.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(FixtureRule::Malformed {
                wanted: "a queue key of upper-case letters",
                value: format!("{:?}", queue.key),
            });
        }
        if self.queue(&queue.key).is_some() {
            return Err(FixtureRule::Duplicate { what: "queue key", value: queue.key });
        }
        if self.queues.iter().any(|other| other.id == queue.id) {
            return Err(FixtureRule::Duplicate { what: "queue id", value: queue.id.to_string() });
        }
        Arc::make_mut(&mut self.shared_charge).grow_anyway(weight::queue(&queue));
        self.queues.push(Arc::new(queue));
        Ok(())
    }

    /// All queues, in the order of the fixtures.
    pub fn queues(&self) -> &[Arc<Queue>] {
        &self.queues
    }

    /// The queue with this key.
    pub fn queue(&self, key: &str) -> Option<&Arc<Queue>> {
        self.queues.iter().find(|queue| queue.key == key)
    }

    /// The queue with this key (upper and lower case differ), or with this id in decimal.
    pub fn find_queue(&self, key_or_id: &str) -> Result<&Arc<Queue>, DomainError> {
        let by_id = || self.queues.iter().find(|queue| queue.id.to_string() == key_or_id);
        self.queue(key_or_id).or_else(by_id).ok_or_else(|| DomainError::QueueNotFound { id: key_or_id.to_owned() })
    }
}
