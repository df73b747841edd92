//! Deletes what a walk has made.

use std::fmt;

use serde_json::Value;

use super::steps::Thing;
use super::walker::{Made, Walker};
use crate::verify::needs::text_of;

/// Something that may be left.
pub(super) struct Left {
    made: Made,
    place: String,
    why: String,
}

impl fmt::Display for Left {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { made: Made { thing, id }, place, why } = self;
        let name = thing.name();
        let what = if id.is_empty() { format!("perhaps a {name}") } else { format!("{name} {id}") };
        let place = if place.is_empty() { String::new() } else { format!(", {place}") };
        write!(formatter, "{what}{place}: {why}")
    }
}

/// Deletes all that the walk has made, by the ids that the answers had and by the mark that it left. Gives what is left.
pub(super) async fn clean(walker: &mut Walker, with_project: bool) -> Vec<Left> {
    walker.never_stop();
    let mut left = Vec::new();
    for thing in Thing::ALL.into_iter().filter(|thing| with_project || !thing.is_of_project()) {
        let mut made: Vec<Made> = walker.made.iter().filter(|made| made.thing == thing).cloned().collect();
        let Some(list) = thing.list().and_then(|list| walker.fill(list).ok()) else {
            left.extend(made.into_iter().map(|made| {
                let why = if made.id.is_empty() { "the upload got no proper answer" } else { "nobody can delete it" };
                Left { made, place: String::new(), why: why.to_owned() }
            }));
            continue;
        };
        let found = found(walker, thing, &walker.target(&list)).await;
        if found.is_some() {
            made.retain(|made| !made.id.is_empty());
        }
        made.extend(found.into_iter().flatten());
        made.sort_by(|one, other| one.id.cmp(&other.id));
        made.dedup();
        for made in made {
            if let Err(why) = delete(walker, &made).await {
                let place = walker.address(&made).unwrap_or_default();
                left.push(Left { made, place, why });
            }
        }
    }
    left
}

/// What is named by the mark in a list; `None` if there is no list.
async fn found(walker: &mut Walker, thing: Thing, list: &str) -> Option<Vec<Made>> {
    let mut exchange = walker.bare("GET", list.to_owned());
    walker.send(&mut exchange).await.ok()?;
    let elements: Vec<Value> = serde_json::from_slice(&exchange.body.bytes).ok()?;
    let mark = walker.value("mark").unwrap_or_default();
    // Others may have written of it.
    let is_own = |element: &&Value| {
        let text = |member: &str| element[member].as_str().unwrap_or_default();
        if thing == Thing::Comment { text("text").starts_with(mark) } else { text("name").contains(mark) }
    };
    let own = elements.iter().filter(is_own);
    Some(own.filter_map(|element| Some(Made { thing, id: text_of(&element["id"])? })).collect())
}

pub(super) async fn delete(walker: &mut Walker, made: &Made) -> Result<(), String> {
    let Some(address) = walker.address(made).filter(|_| !made.id.is_empty()) else {
        return Err("the request that makes it got no proper answer".to_owned());
    };
    let query = if made.thing.is_of_project() { "?notify=false" } else { "" };
    let mut exchange = walker.bare("DELETE", address + query);
    walker.send(&mut exchange).await?;
    match exchange.status {
        // Who deletes a comment deletes its files.
        Some(200..300 | 404) => Ok(()),
        Some(status) => Err(format!("DELETE is answered {status}")),
        None => Err("DELETE is not answered".to_owned()),
    }
}
