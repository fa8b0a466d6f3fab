//! Telling people, sending what waits, and reading the inbox.

use accounts::{Member, Recipient};
use kernel::{
    Error, Event, Localized, Page, Result, Thing,
    id::{AccountId, MessageId, UserId},
    page::PageOf,
};
use platform::{Tx, http::IfMatch, jobs};
use sqlx::types::Json;

use crate::{
    Messages,
    rules::{self, MessageState, Topic, Ways},
    store::{self, Message, Preference},
    templates,
};

/// Which messages of the inbox are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    All,
    Unread,
}

impl Messages {
    /// Tells the owner and the admins of an account.
    pub async fn tell(
        &self,
        tx: &mut Tx,
        account: AccountId,
        topic: Topic,
        title: Localized,
        text: Localized,
    ) -> Result<()> {
        let recipients = self.accounts.recipients(tx, account).await?;
        self.write(tx, recipients, topic, &title, &text).await
    }

    /// Tells those of the operator's staff who deal with the topic.
    pub async fn tell_operator(&self, tx: &mut Tx, topic: Topic, title: Localized, text: Localized) -> Result<()> {
        let recipients = self.accounts.staff(tx, topic.staff()).await?;
        self.write(tx, recipients, topic, &title, &text).await
    }

    /// Tells one person.
    pub async fn tell_user(
        &self,
        tx: &mut Tx,
        user: UserId,
        topic: Topic,
        title: Localized,
        text: Localized,
    ) -> Result<()> {
        let recipient = self.accounts.recipient(tx, user).await?;
        self.write(tx, recipient.into_iter().collect(), topic, &title, &text).await
    }

    /// Writes into the inboxes and queues what leaves. All recipients belong to one account.
    async fn write(
        &self,
        tx: &mut Tx,
        recipients: Vec<Recipient>,
        topic: Topic,
        title: &Localized,
        text: &Localized,
    ) -> Result<()> {
        let Some(account) = recipients.first().map(|recipient| recipient.account) else {
            return Ok(());
        };
        let chosen = store::preferences(tx, account, topic).await?;
        let messages: Vec<Message> = recipients
            .into_iter()
            .map(|recipient| {
                let own = chosen.iter().find(|preference| preference.user_id == recipient.user);
                let ways = own.map_or(topic.ways(), |own| Ways { mail: own.mail, sms: own.sms });
                self.message(&recipient, ways, topic, (title, text))
            })
            .collect();
        store::insert(tx, &messages).await?;
        self.queue(tx, &messages).await
    }

    /// Tells one person by a letter whose text must not lie about: the inbox shows `text`, the letter says `letter`.
    pub(crate) async fn write_sealed(
        &self,
        tx: &mut Tx,
        recipient: &Recipient,
        (title, text): (&Localized, &Localized),
        letter: &str,
    ) -> Result<()> {
        // Whoever asked for a link needs the letter, whatever was chosen for other notices.
        let ways = Ways { mail: true, sms: false };
        let mut message = self.message(recipient, ways, Topic::Security, (title, text));
        message.sealed_letter = Some(self.app.vault.seal(letter.as_bytes(), &context(message.id))?);
        let messages = [message];
        store::insert(tx, &messages).await?;
        self.queue(tx, &messages).await
    }

    fn message(
        &self,
        recipient: &Recipient,
        ways: Ways,
        topic: Topic,
        (title, text): (&Localized, &Localized),
    ) -> Message {
        let now = self.app.clock.now();
        let (mail_to, sms_to) = rules::addresses(recipient, ways);
        let leaves = (mail_to.is_some() || sms_to.is_some()) && !self.app.mail.is_nowhere();
        Message {
            id: MessageId::new(now),
            account_id: recipient.account,
            user_id: recipient.user,
            topic,
            title: Json(title.clone()),
            body: Json(text.clone()),
            sealed_letter: None,
            mail_to,
            sms_to,
            lang: recipient.lang,
            state: if leaves { MessageState::Queued } else { MessageState::Inbox },
            created_at: now,
            read_at: None,
            mailed_at: None,
            texted_at: None,
            sent_at: None,
        }
    }

    async fn queue(&self, tx: &mut Tx, messages: &[Message]) -> Result<()> {
        let now = self.app.clock.now();
        for message in messages.iter().filter(|message| message.state == MessageState::Queued) {
            jobs::publish(tx, now, &Event::MessageQueued { message: message.id }).await?;
        }
        Ok(())
    }

    /// Sends a queued message by mail and SMS. It leaves the database: call it outside of a transaction, then note it with
    /// [`Messages::sent`]. Each way is noted by itself, and one that fails does not stop the other. What was sent already is
    /// not sent again; a crash between sending and noting sends it twice.
    pub async fn send(&self, id: MessageId) -> Result<()> {
        let Some(message) = store::find(&mut self.app.db.read(), id).await? else {
            return Ok(());
        };
        match message.state {
            MessageState::Queued => {}
            MessageState::Inbox | MessageState::Sent => return Ok(()),
        }
        let mailed = self.mail(&message).await;
        let texted = self.text(&message).await;
        mailed.and(texted)
    }

    async fn mail(&self, message: &Message) -> Result<()> {
        let Some(to) = message.mail_to.as_deref().filter(|_| message.mailed_at.is_none()) else {
            return Ok(());
        };
        let (title, body) = (message.title.of(message.lang), message.body.of(message.lang));
        let letter = self.letter(message)?.unwrap_or_else(|| body.to_owned());
        let policy = self.accounts.policies.current().await?;
        let site = policy.site.name.of(message.lang);
        let text = templates::letter(message.lang, &letter, site, &self.app.config.public_url());
        self.app.mail.mail(&message.id.to_string(), to, &rules::one_line(title), &text).await?;
        let mut tx = self.app.db.begin().await?;
        store::mailed(&mut tx, message.id, self.app.clock.now()).await?;
        tx.commit().await
    }

    async fn text(&self, message: &Message) -> Result<()> {
        let Some(to) = message.sms_to.as_deref().filter(|_| message.texted_at.is_none()) else {
            return Ok(());
        };
        let (title, body) = (message.title.of(message.lang), message.body.of(message.lang));
        let text = rules::one_line(&format!("{title}: {body}"));
        self.app.mail.sms(&message.id.to_string(), to, &text).await?;
        let mut tx = self.app.db.begin().await?;
        store::texted(&mut tx, message.id, self.app.clock.now()).await?;
        tx.commit().await
    }

    fn letter(&self, message: &Message) -> Result<Option<String>> {
        let Some(sealed) = &message.sealed_letter else {
            return Ok(None);
        };
        let letter = self.app.vault.unseal(sealed, &context(message.id))?;
        String::from_utf8(letter).map(Some).map_err(Error::fault)
    }

    /// Notes that a message has left.
    pub async fn sent(&self, tx: &mut Tx, id: MessageId) -> Result<()> {
        store::sent(tx, id, self.app.clock.now()).await?;
        Ok(())
    }

    pub(crate) async fn inbox(
        &self,
        tx: &mut Tx,
        member: &Member,
        (filter, topic): (Filter, Option<Topic>),
        page: PageOf,
    ) -> Result<Page<Message>> {
        member.may_view()?;
        match filter {
            Filter::All => store::list(tx, own(member), topic, page).await,
            Filter::Unread => store::list_unread(tx, own(member), topic, page).await,
        }
    }

    /// How many messages of a member are unread.
    pub async fn unread(&self, tx: &mut Tx, member: &Member) -> Result<i64> {
        member.may_view()?;
        store::unread(tx, own(member)).await
    }

    pub(crate) async fn show(&self, tx: &mut Tx, member: &Member, id: MessageId) -> Result<Message> {
        member.may_view()?;
        store::find_for(tx, own(member), id).await?.ok_or(Error::NotFound(Thing::Message))
    }

    pub(crate) async fn mark_read(&self, tx: &mut Tx, member: &Member, id: MessageId) -> Result<()> {
        let message = self.show(tx, member, id).await?;
        store::read(tx, own(member), message.id, self.app.clock.now()).await?;
        Ok(())
    }

    pub(crate) async fn mark_all_read(&self, tx: &mut Tx, member: &Member) -> Result<()> {
        member.may_view()?;
        store::read_all(tx, own(member), self.app.clock.now()).await?;
        Ok(())
    }

    /// What a member has chosen for each topic, or what holds without a choice.
    pub(crate) async fn preferences(&self, tx: &mut Tx, member: &Member) -> Result<Vec<Preference>> {
        member.may_view()?;
        let chosen = store::preferences_of(tx, own(member)).await?;
        let of = |topic: &Topic| {
            let found = chosen.iter().find(|preference| preference.topic == *topic);
            found.cloned().unwrap_or_else(|| {
                let Ways { mail, sms } = topic.ways();
                Preference { user_id: member.user(), topic: *topic, mail, sms, version: 0 }
            })
        };
        Ok(Topic::ALL.iter().map(of).collect())
    }

    pub(crate) async fn choose(
        &self,
        tx: &mut Tx,
        member: &Member,
        (topic, version): (Topic, IfMatch),
        ways: Ways,
    ) -> Result<Preference> {
        let chosen = store::preferences_of(tx, own(member)).await?;
        let present = chosen.iter().find(|preference| preference.topic == topic).map_or(0, |present| present.version);
        member.in_person()?;
        version.check(present)?;
        let preference =
            Preference { user_id: member.user(), topic, mail: ways.mail, sms: ways.sms, version: present + 1 };
        if present == 0 {
            store::insert_preference(tx, member.account(), &preference).await?;
        } else {
            store::update_preference(tx, member.account(), &preference).await?;
        }
        Ok(preference)
    }
}

fn own(member: &Member) -> (AccountId, UserId) {
    (member.account(), member.user())
}

/// What a letter is sealed for.
fn context(id: MessageId) -> String {
    format!("message/{id}")
}
