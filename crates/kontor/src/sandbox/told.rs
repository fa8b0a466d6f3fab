//! What a sandbox refuses, as it is handed on: by the marketplace inside, or by the process in which it runs.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use kernel::{Error, FieldError, Lang, Localized, Refusal, Result, Thing};
use platform::http::Problem;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the marketplace inside has refused, as it says it.
#[derive(Debug)]
pub(super) struct Inner(pub(super) Arc<Problem>);

impl std::fmt::Display for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.text(Lang::En))
    }
}

impl std::error::Error for Inner {}

impl Refusal for Inner {
    fn code(&self) -> &'static str {
        self.0.code()
    }

    fn text(&self) -> Localized {
        Localized::new(self.0.text(Lang::En), self.0.text(Lang::Zh))
    }

    fn status(&self) -> u16 {
        self.0.status()
    }

    fn fields(&self) -> &[FieldError] {
        self.0.fields()
    }
}

/// What came of something that was asked of another process.
#[derive(Serialize, Deserialize)]
pub(super) enum Reply {
    Done(Value),
    /// There is no such sandbox any more.
    Gone,
    Refused {
        code: String,
        text: Localized,
        status: u16,
        fields: Vec<FieldError>,
        retry_after: Option<u64>,
    },
    /// A fault of that process, which stands in its log.
    Fault,
}

impl Reply {
    pub(super) fn of(done: Result<Value>) -> Self {
        match done {
            Ok(value) => Self::Done(value),
            Err(Error::NotFound(Thing::Sandbox)) => Self::Gone,
            Err(error @ Error::NotFound(_)) => Self::Refused {
                code: "not_found".to_owned(),
                text: error.text(),
                status: 404,
                fields: Vec::new(),
                retry_after: None,
            },
            Err(Error::Refused(refusal)) => Self::Refused {
                code: refusal.code().to_owned(),
                text: refusal.text(),
                status: refusal.status(),
                fields: refusal.fields().to_vec(),
                retry_after: refusal.retry_after(),
            },
            Err(error @ (Error::Busy | Error::Fault(_))) => {
                // Says in the log what it is.
                drop(Problem::from(error));
                Self::Fault
            }
        }
    }

    pub(super) fn heard(self, codes: &Codes) -> Result<Value> {
        match self {
            Self::Done(value) => Ok(value),
            Self::Gone => Err(Error::NotFound(Thing::Sandbox)),
            Self::Refused { code, text, status, fields, retry_after } => {
                Err(Error::from(Afar { code: codes.known(code), text, status, fields, retry_after }))
            }
            Self::Fault => Err(Error::fault("the process in which a sandbox runs has failed; see its log")),
        }
    }
}

/// A refusal from another process.
#[derive(Debug)]
struct Afar {
    code: &'static str,
    text: Localized,
    status: u16,
    fields: Vec<FieldError>,
    retry_after: Option<u64>,
}

impl std::fmt::Display for Afar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text.en)
    }
}

impl std::error::Error for Afar {}

impl Refusal for Afar {
    fn code(&self) -> &'static str {
        self.code
    }

    fn text(&self) -> Localized {
        self.text.clone()
    }

    fn status(&self) -> u16 {
        self.status
    }

    fn fields(&self) -> &[FieldError] {
        &self.fields
    }

    fn retry_after(&self) -> Option<u64> {
        self.retry_after
    }
}

/// The codes of refusals that were heard of, each kept once for good: there are as many as the program knows.
#[derive(Default)]
pub(super) struct Codes(Mutex<BTreeSet<&'static str>>);

impl Codes {
    fn known(&self, code: String) -> &'static str {
        let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = codes.get(code.as_str()) {
            return known;
        }
        let code: &'static str = code.leak();
        codes.insert(code);
        code
    }
}

#[cfg(test)]
mod tests {
    use kernel::Invalid;

    use super::*;

    #[test]
    fn what_is_refused_elsewhere_is_heard_as_it_was_said() {
        let codes = Codes::default();
        let told = |error: Error| {
            let bytes = serde_json::to_vec(&Reply::of(Err(error))).unwrap();
            Problem::from(serde_json::from_slice::<Reply>(&bytes).unwrap().heard(&codes).unwrap_err())
        };
        let wrong = told(Invalid::one("days", ("must be from 1 to 366", "须为 1 到 366")).into());
        assert_eq!((wrong.status(), wrong.code(), wrong.fields()[0].field.as_str()), (422, "invalid", "days"));
        let none = told(Error::NotFound(Thing::Instance));
        assert_eq!((none.status(), none.code()), (404, "not_found"));
        assert_eq!(told(Error::NotFound(Thing::Sandbox)).status(), 404);
        assert_eq!(told(Error::Busy).status(), 500);
        assert_eq!(codes.0.lock().unwrap().len(), 2);
        told(Invalid::one("days", ("must be from 1 to 366", "须为 1 到 366")).into());
        assert_eq!(codes.0.lock().unwrap().len(), 2, "a code is kept once");
    }
}
