//! The three kinds of error: not there, refused, our fault; and busy, which is tried again at the edge.

/// Why something that was asked for is not done, said to the person who asked.
pub trait Refusal: std::error::Error + Send + Sync + 'static {
    /// Stable, dotted, for programs: `order.wrong_state`.
    fn code(&self) -> &'static str;

    /// The HTTP status that says it best.
    fn status(&self) -> u16 {
        422
    }

    /// What is wrong with single fields, when fields are the trouble.
    fn fields(&self) -> &[FieldError] {
        &[]
    }

    /// Seconds after which trying again makes sense.
    fn retry_after(&self) -> Option<u64> {
        None
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not there, or may not be seen by whoever asks: the same answer.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("{0}")]
    Refused(Box<dyn Refusal>),
    /// The database asks to try the whole transaction again.
    #[error("the database is busy; try again")]
    Busy,
    #[error("internal error")]
    Fault(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub fn fault(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Fault(source.into())
    }

    /// The stable code of a refusal.
    pub fn refusal_code(&self) -> Option<&'static str> {
        match self {
            Self::Refused(refusal) => Some(refusal.code()),
            Self::NotFound(_) | Self::Busy | Self::Fault(_) => None,
        }
    }
}

impl<R: Refusal> From<R> for Error {
    fn from(refusal: R) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

/// One thing wrong with one field of what was sent; `field` is a JSON path such as `contact.email`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct FieldError {
    pub field: String,
    pub message: String,
}

/// What was sent breaks the rules of its form; every mistake is listed, not only the first.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{}", summary(.0))]
pub struct Invalid(pub Vec<FieldError>);

fn summary(errors: &[FieldError]) -> String {
    errors.iter().map(|e| format!("{} {}", e.field, e.message)).collect::<Vec<_>>().join("; ")
}

impl Invalid {
    pub fn one(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self(vec![FieldError { field: field.into(), message: message.into() }])
    }

    /// Notes a mistake unless `fine`.
    pub fn check(&mut self, fine: bool, field: impl Into<String>, message: impl Into<String>) {
        if !fine {
            self.0.push(FieldError { field: field.into(), message: message.into() });
        }
    }

    /// Notes a mistake unless the trimmed text has between `min` and `max` printable characters.
    pub fn length(&mut self, text: &str, min: usize, max: usize, field: impl Into<String>) {
        let count = text.trim().chars().count();
        let fine = (min..=max).contains(&count) && crate::text::is_printable(text);
        let message = match (min, max) {
            (0, max) => format!("must have at most {max} printable characters"),
            (min, max) => format!("must have {min} to {max} printable characters"),
        };
        self.check(fine, field, message);
    }

    /// Keeps the value of a check that parses, or notes its mistake.
    pub fn keep<T, E: std::fmt::Display>(&mut self, parsed: Result<T, E>, field: impl Into<String>) -> Option<T> {
        parsed.map_err(|error| self.check(false, field, error.to_string())).ok()
    }

    pub fn done(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl Refusal for Invalid {
    fn code(&self) -> &'static str {
        "invalid"
    }
    fn fields(&self) -> &[FieldError] {
        &self.0
    }
}
