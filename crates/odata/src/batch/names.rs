//! Ids of requests and names of groups: one namespace, in which each is once, and only what came before is known.
//!
//! Specification: OData JSON Format 4.01, 19.1; the texts are Microsoft Graph's where they are known.

use std::collections::HashMap;

use super::{Dependency, Group, Rules};
use crate::error::Error;

/// The longest id, in bytes. Ids are echoed, in multipart as a header.
const LONGEST: usize = 128;

/// The ids and groups that were met so far.
pub(super) struct Names<'r> {
    rules: &'r Rules,
    known: HashMap<String, Dependency>,
    pub groups: Vec<Group>,
}

impl<'r> Names<'r> {
    pub fn new(rules: &'r Rules) -> Self {
        Self { rules, known: HashMap::new(), groups: Vec::new() }
    }

    /// The request with this id comes at this place.
    pub fn request(&mut self, id: &str, at: usize) -> Result<(), Error> {
        check(id)?;
        self.add(id, Dependency::Request(at))
    }

    /// The request at this place is in the group of this name; members stand together.
    pub fn member(&mut self, name: &str, at: usize) -> Result<usize, Error> {
        check(name)?;
        let number = self.groups.len();
        if let Some(last) = self.groups.last_mut()
            && last.members.end == at
            && last.name == name
        {
            last.members.end += 1;
            return Ok(number - 1);
        }
        if matches!(self.known.get(&self.key(name)), Some(Dependency::Group(_))) {
            return Err(Error::invalid(format!(
                "The requests of the atomicity group '{name}' do not stand together."
            )));
        }
        self.add(name, Dependency::Group(number))?;
        self.groups.push(Group { name: name.to_owned(), members: at..at + 1 });
        Ok(number)
    }

    /// What came before under this name.
    pub fn find(&self, name: &str) -> Option<Dependency> {
        self.known.get(&self.key(name)).copied()
    }

    fn key(&self, name: &str) -> String {
        if self.rules.ids_ignore_case { name.to_lowercase() } else { name.to_owned() }
    }

    fn add(&mut self, name: &str, what: Dependency) -> Result<(), Error> {
        match self.known.insert(self.key(name), what) {
            None => Ok(()),
            Some(_) => Err(Error::invalid(format!("The request id '{name}' is not unique in the batch."))),
        }
    }
}

fn check(name: &str) -> Result<(), Error> {
    if name.is_empty() || name.len() > LONGEST || name.chars().any(char::is_control) {
        return Err(Error::invalid(format!(
            "A request id has 1 to {LONGEST} bytes and no control characters."
        )));
    }
    Ok(())
}
