//! Doing a batch, step by step: what comes next, given what was answered.
//!
//! The caller does each [`Step`] in whatever way it likes, waiting or not, and reports with [`Run::answer`]. Requests
//! come in their order, which every dependency agrees with. Requests of a group that writes come between
//! [`Step::Begin`] and [`Step::Commit`] or [`Step::RollBack`].
//! Specification: OData 4.01 Protocol, 11.7.2 to 11.7.4 and 11.7.7.5; OData JSON Format 4.01, 19.5.

use super::{Batch, Dependency, Format, Part, Request, Response, Service, another_caller, answer, url};
use crate::error::Error;

/// What happens after a request that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// The others are done.
    Continue,
    /// No other is done, nor answered.
    Stop,
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Do this request and [`Run::answer`] with its response.
    Ask(Request),
    /// The request cannot be done; [`Run::answer`] with this error.
    Refuse(Error),
    /// The request is not done for this reason; [`Run::answer`] with 424.
    Skip(&'static str),
    /// The requests that follow are done all or none; [`Run::fail`] where that cannot be.
    Begin,
    /// All since [`Step::Begin`] were successful: make it last; [`Run::fail`] where that cannot be.
    Commit,
    /// One since [`Step::Begin`] failed: undo the others.
    RollBack,
    /// Nothing.
    Done,
}

/// A batch that is being done.
#[derive(Clone, Debug)]
pub struct Run {
    batch: Batch,
    service: Service,
    on_error: OnError,
    /// In the order of the requests; nothing where none was given, or not yet.
    answers: Vec<Option<Response>>,
    /// Where each request went, for references to it.
    targets: Vec<String>,
    /// Of each group, the request by which it failed.
    failures: Vec<Option<usize>>,
    next: usize,
    /// The request that was given out last.
    asked: Option<usize>,
    /// The group that has begun.
    open: Option<usize>,
    /// The group that has begun last.
    begun: Option<usize>,
    /// Members of a failed group that are to be told, the last first.
    undone: Vec<usize>,
    roll_back: bool,
    stopped: bool,
}

const GROUP: &str = "The request was not done because another one of its group failed.";
const DEPENDENCY: &str = "The request was not done because one that it depends on failed.";
const CONDITION: &str = "The request was not done because conditions ('if') are not supported.";

impl Run {
    pub(super) fn new(batch: Batch, service: Service, on_error: OnError) -> Self {
        Self {
            answers: vec![None; batch.requests.len()],
            targets: vec![String::new(); batch.requests.len()],
            failures: vec![None; batch.groups.len()],
            batch,
            service,
            on_error,
            next: 0,
            asked: None,
            open: None,
            begun: None,
            undone: Vec::new(),
            roll_back: false,
            stopped: false,
        }
    }

    /// What is to be done next.
    // No iterator: what comes next depends on what is answered.
    #[expect(clippy::should_implement_trait, reason = "the caller reports between two calls")]
    pub fn next(&mut self) -> Step {
        if std::mem::take(&mut self.roll_back) {
            return Step::RollBack;
        }
        if let Some(at) = self.undone.pop() {
            self.asked = Some(at);
            return Step::Skip(GROUP);
        }
        if let Some(open) = self.open
            && self.batch.groups.get(open).is_none_or(|group| group.members.end <= self.next)
        {
            self.open = None;
            return Step::Commit;
        }
        if self.stopped {
            return Step::Done;
        }
        let at = self.next;
        let Some(part) = self.batch.requests.get(at) else { return Step::Done };
        let group = part.group.filter(|group| self.open != Some(*group) && self.writes(*group));
        if group.is_some() {
            (self.open, self.begun) = (group, group);
            return Step::Begin;
        }
        (self.next, self.asked) = (at + 1, Some(at));
        self.prepare(at)
    }

    /// The response to the request that [`Run::next`] gave last.
    pub fn answer(&mut self, response: Response) {
        let Some(at) = self.asked.take() else { return };
        let succeeded = response.is_success();
        if let Some(answer) = self.answers.get_mut(at) {
            *answer = Some(response);
        }
        if !succeeded {
            self.failed(at);
        }
    }

    /// What was begun last cannot be, or cannot last: nothing of it has happened, for this reason.
    pub fn fail(&mut self, response: Response) {
        let Some(group) = self.begun.take() else { return };
        self.open = None;
        if let Some(first) = self.batch.groups.get(group).map(|group| group.members.start) {
            self.asked = Some(first);
            self.answer(response);
        }
    }

    /// Does the whole batch where nothing can be undone: a group that writes is answered 501.
    pub fn answer_each(&mut self, mut respond: impl FnMut(&Request) -> Response) {
        loop {
            match self.next() {
                Step::Ask(request) => self.answer(respond(&request)),
                Step::Refuse(error) => self.answer(plain(400, "BadRequest", &error.message)),
                Step::Skip(reason) => self.answer(plain(424, "FailedDependency", reason)),
                Step::Begin => {
                    let message = "Atomicity groups that write are not supported by the service.";
                    self.fail(plain(501, "NotSupported", message));
                }
                Step::Commit | Step::RollBack => {}
                Step::Done => return,
            }
        }
    }

    /// `Content-Type` and body of the answer to the batch.
    #[must_use]
    pub fn finish(self, format: Format) -> (String, Vec<u8>) {
        match format {
            Format::Json => ("application/json".to_owned(), answer::json(&self.batch, &self.answers)),
            Format::Multipart => answer::multipart(&self.batch, &self.answers, &self.failures),
        }
    }

    fn failed(&mut self, at: usize) {
        if self.on_error == OnError::Stop {
            self.stopped = true;
        }
        let Some(number) = self.batch.requests.get(at).and_then(|part| part.group) else { return };
        let (Some(group), Some(failure)) = (self.batch.groups.get(number), self.failures.get_mut(number))
        else {
            return;
        };
        if failure.is_some() {
            return;
        }
        *failure = Some(at);
        self.next = self.next.max(group.members.end);
        self.undone = group.members.clone().rev().filter(|member| *member != at).collect();
        self.roll_back = self.open.take().is_some();
    }

    fn writes(&self, group: usize) -> bool {
        let members = self.batch.groups.get(group).map(|group| group.members.clone()).unwrap_or_default();
        let members = self.batch.requests.get(members).unwrap_or_default();
        members.iter().any(|part| !matches!(part.method.as_str(), "GET" | "HEAD"))
    }

    fn prepare(&mut self, at: usize) -> Step {
        let Some(part) = self.batch.requests.get(at) else { return Step::Done };
        if part.is_conditional {
            return Step::Skip(CONDITION);
        }
        if part.depends_on.iter().any(|dependency| self.has_failed(*dependency)) {
            return Step::Skip(DEPENDENCY);
        }
        if let Some(fault) = &part.fault {
            return Step::Refuse(fault.clone());
        }
        if part.authorization.is_some() {
            return Step::Refuse(another_caller());
        }
        let target = match self.target(part) {
            Ok(Some(target)) => target,
            Ok(None) => return Step::Skip(DEPENDENCY),
            Err(error) => return Step::Refuse(error),
        };
        if let Some(kept) = self.targets.get_mut(at) {
            kept.clone_from(&target);
        }
        let Some(part) = self.batch.requests.get_mut(at) else { return Step::Done };
        Step::Ask(Request {
            method: part.method.clone(),
            target,
            headers: std::mem::take(&mut part.headers),
            body: std::mem::take(&mut part.body),
        })
    }

    fn has_failed(&self, dependency: Dependency) -> bool {
        match dependency {
            Dependency::Request(at) => self.succeeded(at).is_none(),
            Dependency::Group(group) => self.failures.get(group).is_none_or(Option::is_some),
        }
    }

    /// The response to a request that was successful.
    fn succeeded(&self, at: usize) -> Option<&Response> {
        self.answers.get(at)?.as_ref().filter(|response| response.is_success())
    }

    /// Where a request goes; nothing where it refers to one that failed.
    fn target(&self, part: &Part) -> Result<Option<String>, Error> {
        let slash = self.batch.rules.leading_slash;
        let are_known = self.batch.rules.json_references || self.batch.format == Format::Multipart;
        let Some((id, rest)) = url::reference(&part.url).filter(|_| are_known) else {
            return self.service.resolve(&part.url, part.host.as_deref(), slash).map(Some);
        };
        let unknown = || Error::invalid(format!("'${id}' is no request before this one that it depends on."));
        let at = self.referred(id, part).ok_or_else(unknown)?;
        let Some(response) = self.succeeded(at) else { return Ok(None) };
        let entity = match response.header("location") {
            Some(location) => self.service.resolve(location, None, slash)?,
            // Of a request that reads, what it read.
            None => self.targets.get(at).map(String::as_str).unwrap_or_default().to_owned(),
        };
        let entity = entity.split('?').next().unwrap_or_default();
        Ok(Some(format!("{entity}{}", url::encoded(rest))))
    }

    /// The request with this id: in JSON one that this one says it depends on, in multipart any before it.
    fn referred(&self, id: &str, part: &Part) -> Option<usize> {
        let is_meant = |at: &usize| {
            let sent = self.batch.requests.get(*at).and_then(|part| part.id.as_deref());
            sent.is_some_and(|sent| {
                sent == id || self.batch.rules.ids_ignore_case && sent.to_lowercase() == id.to_lowercase()
            })
        };
        if self.batch.format == Format::Multipart {
            return (0..self.next).find(is_meant);
        }
        part.depends_on.iter().find_map(|dependency| match dependency {
            Dependency::Request(at) => Some(*at).filter(is_meant),
            Dependency::Group(group) => self.batch.groups.get(*group)?.members.clone().find(is_meant),
        })
    }
}

/// An error of a service that has no form of its own for it.
fn plain(status: u16, code: &str, message: &str) -> Response {
    let body = serde_json::json!({ "error": { "code": code, "message": message } });
    let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
    Response { status, headers, body: body.to_string().into_bytes() }
}
