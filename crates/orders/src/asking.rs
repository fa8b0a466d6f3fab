//! What sellers ask with an order, and what their buyers say to it.

use std::sync::Arc;

use accounts::{Buyer, Recipient};
use catalogue::{Asks, ContactData, Replies};
use kernel::{
    Result,
    id::{AccountId, OrderId, RevisionId, SkuId},
};
use platform::Tx;
use serde_json::json;

use crate::{
    Orders,
    agreed::AgreedLine,
    rules::{Content, Line, StoredQuote},
};

/// What is asked, and the contact data of the account that could be told.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub asks: Asks,
    pub phone: Option<String>,
    pub email: Option<String>,
}

impl Asked {
    fn of(asks: Asks, contact: Option<Recipient>) -> Self {
        let (phone, email) = contact.map_or((None, None), |contact| (contact.mobile, contact.email));
        Self { asks, phone, email }
    }

    fn there(&self) -> ContactData {
        ContactData { phone: self.phone.is_some(), email: self.email.is_some() }
    }
}

impl Content {
    /// Which contact data of its buyer are told: of what was bought before buyers were asked, both, as was done then.
    pub fn told(&self) -> ContactData {
        self.contacts.unwrap_or(ContactData { phone: true, email: true })
    }

    /// With what was said to its seller's questions when something was bought that goes on by this.
    #[must_use]
    pub(crate) fn said_before(self, bought: &Self) -> Self {
        Self { answers: bought.answers.clone(), contacts: bought.contacts, ..self }
    }

    fn replied(&self, asks: &Asks, replies: &Replies) -> Result<Self> {
        let answers = asks.answered(&replies.answers)?;
        Ok(Self { answers, contacts: Some(asks.contacts.and(replies.contacts)), ..self.clone() })
    }
}

impl Orders {
    /// What is asked of an account that buys some offers.
    pub async fn asked(&self, tx: &mut Tx, buyer: AccountId, offers: &[(SkuId, RevisionId)]) -> Result<Asked> {
        let mut all = Vec::with_capacity(offers.len());
        for (sku, revision) in offers {
            all.push(self.catalogue.offer_as_bought(tx, *sku, *revision).await?.asks.clone());
        }
        self.of_contact(tx, buyer, Asks::joined(all.iter().map(Arc::as_ref))).await
    }

    async fn of_contact(&self, tx: &mut Tx, buyer: AccountId, asks: Asks) -> Result<Asked> {
        let contact =
            if asks.contacts.any() { self.accounts.recipients(tx, buyer).await?.into_iter().next() } else { None };
        Ok(Asked::of(asks, contact))
    }

    /// A quote with what its buyer says to what is asked; what is left out is missed when it is accepted.
    pub(crate) async fn replied(&self, tx: &mut Tx, quote: StoredQuote, replies: &Replies) -> Result<StoredQuote> {
        let offer = self.catalogue.offer_as_bought(tx, quote.sku, quote.revision).await?;
        Ok(StoredQuote { content: quote.content.replied(&offer.asks, replies)?, ..quote })
    }

    /// Refuses what leaves out something that its seller's software needs. What goes on with something was asked for before.
    pub(crate) async fn nothing_is_missing(&self, tx: &mut Tx, quote: &StoredQuote) -> Result<()> {
        if quote.content.converts.is_some() {
            return Ok(());
        }
        let asked = self.asked(tx, quote.account, &[(quote.sku, quote.revision)]).await?;
        let (answers, agreed) = (&quote.content.answers, quote.content.contacts.unwrap_or_default());
        Ok(asked.asks.check(answers, agreed, asked.there())?)
    }

    /// The lines of an agreement with what their buyer says to what is asked of all of them together.
    pub(crate) async fn agreed_replied(
        &self,
        tx: &mut Tx,
        (buyer, replies): (AccountId, &Replies),
        lines: Vec<AgreedLine>,
    ) -> Result<Vec<AgreedLine>> {
        let offers: Vec<_> = lines.iter().map(|line| (line.sku, line.revision)).collect();
        let asked = self.asked(tx, buyer, &offers).await?;
        let answers = asked.asks.answered(&replies.answers)?;
        asked.asks.check(&answers, replies.contacts, asked.there())?;
        let mut told_all = Vec::with_capacity(lines.len());
        for line in lines {
            let asks = self.catalogue.offer_as_bought(tx, line.sku, line.revision).await?.asks.clone();
            let own = |name: &String| asks.parameters.iter().any(|parameter| parameter.name == *name);
            let given = replies.answers.iter().filter(|(name, _)| own(name));
            let given = given.map(|(name, value)| (name.clone(), value.clone())).collect();
            let content = line.content.replied(&asks, &Replies { answers: given, contacts: replies.contacts })?;
            told_all.push(AgreedLine { content, ..line });
        }
        Ok(told_all)
    }

    /// Writes down that a buyer has agreed to hand on contact data, where one was asked for.
    pub(crate) async fn note_consent(&self, tx: &mut Tx, buyer: &Buyer, order: OrderId, line: &Line) -> Result<()> {
        // What goes on with something was agreed to before.
        match line.content.contacts.filter(|agreed| agreed.any() && line.content.converts.is_none()) {
            Some(agreed) => {
                let detail = json!({ "seller": line.seller, "phone": agreed.phone, "email": agreed.email });
                self.accounts.audit(tx, buyer, "order.contact_data", &order.to_string(), &detail).await
            }
            None => Ok(()),
        }
    }
}
