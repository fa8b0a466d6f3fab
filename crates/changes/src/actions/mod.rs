//! Changing: the preview, buying it, and what comes of it.

pub(crate) mod ahead;
mod audit;
mod telling;

use std::{collections::BTreeMap, sync::Arc};

use accounts::{Buyer, Permission};
use catalogue::{Changeable, Offer};
use instances::{Instance, Specification, State};
use kernel::{
    Error, Invalid, Result,
    id::{AccountId, InstanceId, OrderLineId, SkuId},
    time::Period,
};
use orders::{Changing, Cover, Line, OrderRefused, StoredQuote};
use platform::Tx;
use policy::BillingMode;
use serde_json::json;

use crate::{
    Changes,
    rules::{self, Change, ChangeProgress, ChangeRefused, Periodic, Standing},
    store,
};

/// What somebody wants of something; what is not said stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) sku: Option<SkuId>,
    pub(crate) quantities: BTreeMap<String, u64>,
}

/// Something that can be changed, with all that a change needs.
pub(crate) struct Read {
    pub(crate) instance: Instance,
    /// The line that has given it its present specification.
    specified: Line,
    /// The line whose price is that of its present term.
    credited: Line,
    /// The offer under which it was bought as it is now.
    pub(crate) present: Arc<Offer>,
    pub(crate) allowed: Changeable,
    standing: Standing,
}

/// A change before it is paid.
pub(crate) struct Preview {
    pub(crate) quote: StoredQuote,
    pub(crate) term: Period,
    pub(crate) cover: Cover,
}

impl Changes {
    /// An instance of the account's, to be changed.
    pub(crate) async fn read(&self, tx: &mut Tx, account: AccountId, id: InstanceId) -> Result<Read> {
        let instance = self.instances.find_for(tx, account, id).await?;
        let specified = self.orders.line(tx, instance.specified_by()).await?;
        let renewal = self.renewals.standing(tx, id).await?.pop();
        let term = match (&renewal, instance.expires_at) {
            (Some(renewal), _) => Some(renewal.term),
            (None, Some(until)) => Some(Period { from: instance.activated_at, until }),
            (None, None) => None,
        };
        let credited = match renewal.filter(|renewal| specified.id < renewal.line) {
            Some(renewal) => self.orders.line(tx, renewal.line).await?,
            None => specified.clone(),
        };
        let present = self.orders.offer_of(tx, &specified).await?;
        let allowed = self.orders.catalogue.changeable(tx, &present).await?;
        let periodic = match present.billing_mode {
            BillingMode::Period => Periodic::Yes,
            BillingMode::OneOff | BillingMode::OnDemand | BillingMode::Package => Periodic::No,
        };
        let standing = Standing { term, periodic, agreed: credited.content.agreed.is_some(), allowed };
        Ok(Read { instance, specified, credited, present, allowed, standing })
    }

    /// What something could be changed to: itself in other numbers, and the other editions that its seller allows.
    pub(crate) async fn targets(&self, tx: &mut Tx, buyer: &Buyer, read: &Read) -> Result<Vec<Arc<Offer>>> {
        buyer.may(Permission::View)?;
        rules::may_change(&read.instance, read.standing, self.app.clock.now())?;
        self.offers(tx, buyer, read).await
    }

    /// What its seller allows it to become, of what is sold to the buyer.
    async fn offers(&self, tx: &mut Tx, buyer: &Buyer, read: &Read) -> Result<Vec<Arc<Offer>>> {
        let mut targets = self.orders.catalogue.change_targets(tx, buyer, &read.present).await?;
        let own = read.instance.sku;
        targets.retain(|offer| offer.sku != own && read.allowed == Changeable::Any);
        match self.orders.offer_to_change_to(tx, buyer, &read.specified, own).await {
            // What it is stands first.
            Ok(present) => targets.insert(0, present),
            // It is not sold any more, and may still become something that is.
            Err(Error::NotFound(_) | Error::Refused(_)) if !targets.is_empty() => {}
            Err(other) => return Err(other),
        }
        Ok(targets)
    }

    /// What keeps something from being changed now, whatever it would become.
    pub(crate) fn may_change(&self, read: &Read) -> std::result::Result<(), ChangeRefused> {
        rules::may_change(&read.instance, read.standing, self.app.clock.now()).map(drop)
    }

    /// What a change would cost now. Nothing is kept.
    pub(crate) async fn preview(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (id, wanted): (InstanceId, &Wanted),
    ) -> Result<Preview> {
        buyer.may(Permission::View)?;
        let read = self.read(tx, buyer.account(), id).await?;
        self.preview_of(tx, buyer, (&read, wanted)).await
    }

    pub(crate) async fn preview_of(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (read, wanted): (&Read, &Wanted),
    ) -> Result<Preview> {
        let instance = &read.instance;
        let term = rules::may_change(instance, read.standing, self.app.clock.now())?;
        let sku = wanted.sku.unwrap_or(instance.sku);
        let offer = self.orders.offer_to_change_to(tx, buyer, &read.specified, sku).await?;
        rules::is_a_target(instance, &offer)?;
        let quantities = numbers(&offer, instance, wanted)?;
        rules::may_become(instance, (sku, &quantities), read.allowed)?;
        let changing = Changing {
            instance: instance.id,
            specified: read.specified.clone(),
            credited: read.credited.clone(),
            term,
        };
        let quote = self.orders.price_change(tx, &changing, (&offer, quantities)).await?;
        let cover = self.orders.cover_of(tx, instance.account, quote.content.quote.total).await?;
        Ok(Preview { quote, term, cover })
    }

    /// Pays a change as it was seen, and has it carried out: at once, or by its seller's system.
    pub(crate) async fn change(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (id, wanted): (InstanceId, &Wanted),
        seen: &str,
    ) -> Result<Change> {
        buyer.may(Permission::Buy)?;
        buyer.may(Permission::Pay)?;
        let read = self.read(tx, buyer.account(), id).await?;
        if !buyer.is_verified() {
            return Err(OrderRefused::Unverified.into());
        }
        let preview = self.preview_of(tx, buyer, (&read, wanted)).await?;
        if preview.quote.content.seen() != seen {
            return Err(OrderRefused::OfferChanged.into());
        }
        let (order, line) = self.orders.buy_change(tx, &preview.quote).await?;
        let instance = self.instances.begin_change(tx, read.instance, line.id).await?;
        let change = Change {
            line: line.id,
            instance: id,
            account: line.account,
            seller: line.seller,
            order: order.id,
            state: ChangeProgress::Running,
            // The moment at which it was priced.
            asked_at: preview.quote.created_at,
            ended_at: None,
            starts_at: None,
        };
        store::insert(tx, &change).await?;
        let detail = json!({ "order": order.id, "amount": order.total });
        self.accounts.audit(tx, buyer, "instance.change", &id.to_string(), &detail).await?;
        if self.deliveries.carry_out_change(tx, &instance, &line).await? {
            return Ok(change);
        }
        self.carry_out(tx, change, (instance, line)).await
    }

    /// It is what was paid for from now on.
    async fn carry_out(&self, tx: &mut Tx, change: Change, (instance, line): (Instance, Line)) -> Result<Change> {
        let now = self.app.clock.now();
        self.orders.line_delivered(tx, &line).await?;
        let content = &line.content;
        let new = Specification {
            line: line.id,
            sku: line.sku,
            sku_code: content.sku_code.clone(),
            title: content.title.clone(),
            attributes: content.attributes.clone(),
            quantities: content.choice.quantities.clone(),
        };
        let instance = self.instances.specify(tx, instance, new).await?;
        self.licensing.amend(tx, &instance).await?;
        store::end(tx, &change, ChangeProgress::Done, now).await?;
        if change.starts_at.is_some_and(|starts| starts <= change.asked_at) && instance.is_usable(now) {
            // It was renewed when it was over, so that its buyer may have been kept out since, unless that was in its grace. A short
            // term may be over again.
            self.deliveries.unfreeze_frozen(tx, &instance).await?;
        }
        self.renewals.on_change_over(tx, instance.id).await?;
        self.tell_done(tx, &change, &line).await?;
        Ok(Change { state: ChangeProgress::Done, ended_at: Some(now), ..change })
    }

    /// Its seller's system has carried a change out.
    pub async fn on_carried_out(&self, tx: &mut Tx, line: OrderLineId) -> Result<()> {
        let open = self.open(tx, line).await?.filter(|change| change.state == ChangeProgress::Running);
        let Some(change) = open else { return Ok(()) };
        let instance = self.instances.find(tx, change.instance).await?;
        match instance.state {
            State::Pending { .. } | State::Active | State::Grace { .. } | State::Expired { .. } => {}
            // Its price goes back as soon as the release is told.
            State::Released { .. } => return Ok(()),
        }
        let line = self.orders.line(tx, line).await?;
        self.carry_out(tx, change, (instance, line)).await.map(drop)
    }

    /// A change is not carried out any more, and its price has gone back: everything stays as it was.
    pub async fn on_failed(&self, tx: &mut Tx, line: OrderLineId) -> Result<()> {
        let Some(change) = self.open(tx, line).await? else { return Ok(()) };
        let instance = self.instances.find(tx, change.instance).await?;
        let why = self.deliveries.change_trouble(tx, &instance, line).await?;
        store::end(tx, &change, ChangeProgress::Failed, self.app.clock.now()).await?;
        let line = self.orders.line(tx, line).await?;
        let instance = self.instances.drop_change(tx, instance).await?;
        let agreed = self.renewals.drop_term(tx, instance, &line).await?;
        self.renewals.on_change_over(tx, change.instance).await?;
        let instance = self.instances.find(tx, change.instance).await?;
        self.tell_failed(tx, &change, (&line, why), (&instance, agreed)).await
    }

    /// The change that a line has paid for, while it is not over.
    async fn open(&self, tx: &mut Tx, line: OrderLineId) -> Result<Option<Change>> {
        Ok(store::find(tx, line).await?.filter(|change| match change.state {
            ChangeProgress::Ahead | ChangeProgress::Running => true,
            ChangeProgress::Done | ChangeProgress::Failed | ChangeProgress::Returned | ChangeProgress::Withdrawn => {
                false
            }
        }))
    }

    /// The lines of the changes of an instance that were carried out and not given back.
    pub async fn kept(&self, tx: &mut Tx, instance: InstanceId) -> Result<Vec<Line>> {
        let mut kept = Vec::new();
        for change in store::of_instance(tx, instance).await? {
            if change.state == ChangeProgress::Done {
                kept.push(self.orders.line(tx, change.line).await?);
            }
        }
        Ok(kept)
    }

    /// A change was given back with what it changed.
    pub async fn on_returned(&self, tx: &mut Tx, line: OrderLineId) -> Result<()> {
        match store::find(tx, line).await? {
            Some(change) => store::end(tx, &change, ChangeProgress::Returned, self.app.clock.now()).await,
            None => Ok(()),
        }
    }

    pub(crate) async fn list(&self, tx: &mut Tx, buyer: &Buyer, id: InstanceId) -> Result<Vec<(Change, Line)>> {
        buyer.may(Permission::View)?;
        self.instances.find_for(tx, buyer.account(), id).await?;
        let mut found = Vec::new();
        for change in store::of_instance(tx, id).await? {
            found.push((change, self.orders.line(tx, change.line).await?));
        }
        Ok(found)
    }
}

/// How many of what is wanted: all that the offer counts, and nothing else.
fn numbers(offer: &Offer, instance: &Instance, wanted: &Wanted) -> Result<BTreeMap<String, u64>, Error> {
    let counted = &offer.plan.quantities;
    if let Some(code) = wanted.quantities.keys().find(|code| !counted.iter().any(|quantity| quantity.code == **code)) {
        let unknown = ("is not counted of what you want to have", "不是目标规格的数量属性");
        return Err(Invalid::one(format!("quantities.{code}"), unknown).into());
    }
    let number = |code: &str, min: u64| {
        let said = wanted.quantities.get(code).or_else(|| instance.quantities.get(code));
        said.copied().unwrap_or(min)
    };
    Ok(counted.iter().map(|quantity| (quantity.code.clone(), number(&quantity.code, quantity.min))).collect())
}
