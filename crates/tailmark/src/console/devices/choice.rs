//! Which devices were chosen: some by id, or all that match a filter; and a walk through them in portions.

use serde_json::Value;

use super::super::api::{Api, DEVICES, address, here, literal, next_link};
use super::super::form::Fields;
use super::super::refusal::Refusal;
use super::LIST;

/// How many devices a form may name.
const MOST: usize = 10_000;
/// How many devices the API is asked for at once.
const PORTION: &str = "500";
/// How many ids are asked for in one filter.
const IDS: usize = 20;
/// What is read of a device.
const SELECT: (&str, &str) = ("$select", "id,serialNumber,groupTag");

/// What was chosen.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Devices by id.
    pub ids: Vec<String>,
    /// Whether all that match are meant instead.
    pub matching: bool,
    /// What they match.
    pub filter: String,
}

/// A walk through what was chosen, in the order of serial numbers. It goes by key, so that neither a device that
/// matches no more, once it was changed, nor one that was deleted makes it miss another.
pub struct Walk<'c> {
    choice: &'c Choice,
    /// The next page of those that match.
    page: Option<String>,
    /// How many of those with ids were looked for.
    sought: usize,
}

impl Choice {
    /// Of a form.
    ///
    /// # Errors
    /// Nothing was chosen, or too much by hand.
    pub fn of(fields: &Fields) -> Result<Self, Refusal> {
        let ids: Vec<String> = fields.all("id").map(str::to_owned).collect();
        let matching = fields.one("matching") == "yes";
        if ids.is_empty() && !matching {
            return Err(Refusal::Form("Choose devices first.".to_owned()));
        }
        if ids.len() > MOST {
            return Err(Refusal::Form(format!("At most {MOST} devices are chosen one by one.")));
        }
        Ok(Self { ids, matching, filter: fields.one("$filter").to_owned() })
    }

    /// How many there are.
    ///
    /// # Errors
    /// The API's refusal.
    pub async fn total(&self, api: &Api) -> Result<u64, Refusal> {
        if self.matching { api.count(DEVICES, &self.filter).await } else { Ok(self.ids.len() as u64) }
    }

    /// From the first on.
    pub fn walk(&self) -> Walk<'_> {
        let options = [("$filter", &*self.filter), ("$orderby", "serialNumber"), SELECT];
        let page = self.matching.then(|| address(DEVICES, &options));
        Walk { choice: self, page, sought: 0 }
    }

    /// The list of them.
    pub fn back(&self) -> String {
        here(LIST.place, &[("$filter", &self.filter)])
    }
}

impl Walk<'_> {
    /// The next devices; none at the end.
    ///
    /// # Errors
    /// The API's refusal.
    pub async fn next(&mut self, api: &Api) -> Result<Option<Vec<Value>>, Refusal> {
        let mut found = if self.choice.matching {
            let Some(page) = self.page.take() else { return Ok(None) };
            let found = api.page(&page, PORTION).await?;
            self.page = next_link(&found);
            found
        } else {
            let Some(ids) = self.choice.ids.chunks(IDS).nth(self.sought) else { return Ok(None) };
            self.sought += 1;
            let ids: Vec<String> = ids.iter().map(|id| literal(id)).collect();
            let filter = format!("id in ({})", ids.join(","));
            api.get(&address(DEVICES, &[("$filter", &filter), SELECT])).await?
        };
        match found.get_mut("value").map(Value::take) {
            Some(Value::Array(devices)) => Ok(Some(devices)),
            _ => Ok(Some(Vec::new())),
        }
    }
}
