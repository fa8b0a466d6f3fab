//! The ways out to people: mail by SMTP, SMS by an HTTP provider. In development both are written to a folder instead.

use std::{path::PathBuf, sync::Arc};

use kernel::{Error, Result};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor, message::header::ContentType};

use crate::config::{Environment, Mail, Sms};

#[derive(Clone)]
pub struct Outbox {
    mail: MailWay,
    sms: SmsWay,
}

#[derive(Clone)]
enum MailWay {
    /// A past that never was: nobody hears of it.
    Nowhere,
    Folder(Arc<PathBuf>),
    Smtp {
        transport: AsyncSmtpTransport<Tokio1Executor>,
        from: String,
    },
}

#[derive(Clone)]
enum SmsWay {
    Folder(Arc<PathBuf>),
    /// Production without a provider, where the inbox and mail have it all, or a past that never was.
    Nowhere,
    Http {
        client: reqwest::Client,
        sms: Arc<Sms>,
    },
}

impl Outbox {
    /// Without a provider, letters are laid into `folder` for a developer to read.
    pub fn new(mail: Option<&Mail>, sms: Option<&Sms>, folder: PathBuf, environment: Environment) -> Result<Self> {
        let folder = Arc::new(folder);
        let mail = match mail {
            None => MailWay::Folder(folder.clone()),
            Some(mail) => MailWay::Smtp {
                transport: AsyncSmtpTransport::<Tokio1Executor>::from_url(&mail.smtp_url)
                    .map_err(Error::fault)?
                    .build(),
                from: mail.from.clone(),
            },
        };
        let sms = match sms {
            None if environment == Environment::Production => SmsWay::Nowhere,
            None => SmsWay::Folder(folder),
            Some(sms) => SmsWay::Http {
                client: reqwest::Client::builder()
                    .timeout(std::time::Duration::from_secs(10))
                    .redirect(reqwest::redirect::Policy::none())
                    .build()
                    .map_err(Error::fault)?,
                sms: Arc::new(sms.clone()),
            },
        };
        Ok(Self { mail, sms })
    }

    /// For a past that is made up: what happens in it stands in inboxes only.
    pub fn nowhere() -> Self {
        Self { mail: MailWay::Nowhere, sms: SmsWay::Nowhere }
    }

    /// Whether letters leave at all.
    pub fn is_nowhere(&self) -> bool {
        matches!(self.mail, MailWay::Nowhere)
    }

    /// `name` makes the file's name in the folder; a repeat overwrites it.
    pub async fn mail(&self, name: &str, to: &str, subject: &str, text: &str) -> Result<()> {
        match &self.mail {
            MailWay::Nowhere => Ok(()),
            MailWay::Folder(folder) => {
                write(folder, name, "mail.txt", &format!("To: {to}\nSubject: {subject}\n\n{text}\n")).await
            }
            MailWay::Smtp { transport, from } => {
                let letter = Message::builder()
                    .from(from.parse().map_err(Error::fault)?)
                    .to(to.parse().map_err(Error::fault)?)
                    .subject(subject)
                    .header(ContentType::TEXT_PLAIN)
                    .body(text.to_owned())
                    .map_err(Error::fault)?;
                transport.send(letter).await.map_err(Error::fault)?;
                Ok(())
            }
        }
    }

    /// Posts `{"to", "text"}` as JSON to the configured address; any 2xx is success.
    pub async fn sms(&self, name: &str, to: &str, text: &str) -> Result<()> {
        match &self.sms {
            SmsWay::Nowhere => Ok(()),
            SmsWay::Folder(folder) => write(folder, name, "sms.txt", &format!("To: {to}\n\n{text}\n")).await,
            SmsWay::Http { client, sms } => {
                let mut request = client.post(&sms.url).json(&serde_json::json!({ "to": to, "text": text }));
                if let Some(token) = &sms.bearer_token {
                    request = request.bearer_auth(token);
                }
                request.send().await.and_then(reqwest::Response::error_for_status).map_err(Error::fault)?;
                Ok(())
            }
        }
    }
}

async fn write(folder: &PathBuf, name: &str, ending: &str, text: &str) -> Result<()> {
    tokio::fs::create_dir_all(folder).await.map_err(Error::fault)?;
    tokio::fs::write(folder.join(format!("{name}.{ending}")), text).await.map_err(Error::fault)
}
