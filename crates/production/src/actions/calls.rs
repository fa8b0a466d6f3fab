//! Calls: signed, sent, written down, read.

use std::time::{Duration, Instant};

use accounts::{Operator, Permission, Seller, StaffPermission};
use kernel::{
    Page, Result, Timestamp,
    id::{AccountId, ErrandId, ProductionAddressId, ProductionCallId},
    page::PageOf,
};
use platform::{
    Tx,
    outgoing::{Fetched, NoAnswer},
    vault,
};
use policy::{BillingMode, Scenario};
use sqlx::types::Json;

use super::addresses::fresh_key;
use crate::{
    Activity, AddressRefused, Answer, Check, Fault, Found, Production, Read, Request, ResultCode, Trouble, Way,
    gate::Went,
    rules::{
        address::Address,
        answer::{said, shown},
        case::{Checked, passes},
        form::{CallForm, Keys, Outbound, read_again},
        trial::Trial,
        v1::{self, Ask},
        webhook::EventType,
    },
    store::{self, Call},
};

/// A trial takes no longer than this with the creation before it, so that a job ends within its lease.
const TRIAL_MOST: Duration = Duration::from_secs(20);

/// How long somebody waits who has only opened a page. A system that takes longer is not down.
const GLANCE_MOST: Duration = Duration::from_secs(5);

/// A call that was made.
pub(crate) struct Tried {
    pub(crate) id: ProductionCallId,
    /// What was chosen and typed, where somebody tried it out.
    pub(crate) trial: Option<Trial>,
    pub(crate) address: Address,
    pub(crate) request: Request,
    pub(crate) signed: Outbound,
    pub(crate) came: std::result::Result<Fetched, NoAnswer>,
    pub(crate) read: Read,
    pub(crate) sent_at: Timestamp,
    pub(crate) took_millis: i64,
}

impl Production {
    /// Whether a seller's system can be called at all.
    pub async fn is_ready(&self, tx: &mut Tx, seller: AccountId) -> Result<bool> {
        Ok(store::in_use(tx, seller).await?.is_some_and(|address| address.key.is_some()))
    }

    /// Whether a seller's system is spoken to in a form that names the sale with everything that it says.
    pub async fn names_sales(&self, tx: &mut Tx, seller: AccountId) -> Result<bool> {
        let used = store::in_use(tx, seller).await?;
        Ok(used.is_some_and(|address| match address.form {
            CallForm::KooGalleryV1 => true,
            CallForm::KooGalleryV2 | CallForm::StandardWebhooks => false,
        }))
    }

    /// In which form a seller's system is asked what it knows of its instances; none: there is nobody to ask.
    pub async fn form_of_questions(&self, tx: &mut Tx, seller: AccountId) -> Result<Option<CallForm>> {
        let used = store::in_use(tx, seller).await?.filter(|address| address.key.is_some());
        Ok(used.map(|address| address.form))
    }

    /// Whether a seller's system is told by a word of its own that a buyer is let in again; otherwise a renewal says it.
    pub async fn unfreezes(&self, tx: &mut Tx, seller: AccountId, mode: BillingMode) -> Result<bool> {
        let used = store::in_use(tx, seller).await?;
        Ok(used.is_none_or(|address| address.form.unfreezes(mode)))
    }

    /// Calls a seller's system for an errand and writes down what came. Nothing happens when an earlier answer still waits
    /// for its effect, when there is nobody to call, or while the address rests.
    pub async fn call(&self, seller: AccountId, errand: ErrandId, request: &Request) -> Result<()> {
        if store::unsettled(&mut self.app.db.read(), errand).await?.is_some() {
            return Ok(());
        }
        match self.reach(seller, request, TRIAL_MOST).await? {
            Some(tried) => self.log(&tried, Some(errand)).await,
            None => Ok(()),
        }
    }

    /// Asks a seller's system something that nothing waits for, within `most`. None: there is nobody to ask, or the address rests.
    /// Of many questions only those are written down that were not answered well.
    pub async fn ask(
        &self,
        seller: AccountId,
        request: &Request,
        most: Duration,
    ) -> Result<Option<Result<Answer, Trouble>>> {
        let Some(tried) = self.reach(seller, request, most).await? else { return Ok(None) };
        if tried.read.result.is_err() {
            self.log(&tried, None).await?;
        }
        Ok(Some(tried.read.result))
    }

    /// Asks a seller's system what a page could show newer that somebody has opened. None: there is nobody to ask, the address
    /// rests or has enough to do, or it takes too long.
    pub async fn glance(&self, seller: AccountId, request: &Request) -> Result<Option<Answer>> {
        match self.ask(seller, request, GLANCE_MOST).await? {
            Some(Ok(answer)) if !answer.unread => Ok(Some(answer)),
            Some(Ok(_) | Err(_)) | None => Ok(None),
        }
    }

    /// Sends a request to where a seller's deliveries go, through the gate that all calls pass.
    async fn reach(&self, seller: AccountId, request: &Request, most: Duration) -> Result<Option<Tried>> {
        let mut tx = self.app.db.read();
        let Some(address) = store::in_use(&mut tx, seller).await? else { return Ok(None) };
        let Some(keys) = self.keys(&mut tx, address.id).await? else { return Ok(None) };
        let Some(place) = self.gates.enter(address.id, self.app.clock.now()) else { return Ok(None) };
        let tried = self.send_within(&address, (&keys, &keys), request, most).await;
        let down = tried.read.result.as_ref().is_err_and(Trouble::is_down);
        let took = tried.took_millis.saturating_mul(1_000);
        let now = self.app.clock.now();
        // Who is not waited for as long as others are has not shown that it is down.
        let given_up = most == GLANCE_MOST && tried.came.as_ref().is_err_and(|why| *why == NoAnswer::Slow);
        if !given_up {
            place.went(if down { Went::Down } else { Went::Up }, (now, took));
        }
        if let Some(seconds) = tried.rests() {
            place.rest(now.plus_seconds(seconds));
        }
        drop(place);
        Ok(Some(tried))
    }

    /// What came of the call that was made for an errand; its effect belongs into this transaction. None: none was made.
    pub async fn take_answer(&self, tx: &mut Tx, errand: ErrandId) -> Result<Option<Result<Answer, Trouble>>> {
        let Some((call, sealed)) = store::unsettled(tx, errand).await? else { return Ok(None) };
        store::settle(tx, call.id).await?;
        if let Some(why) = &call.no_answer {
            let why = why.parse().unwrap_or(NoAnswer::Broken);
            return Ok(Some(Err(Trouble::NoAnswer(why))));
        }
        let body = match sealed {
            Some(sealed) => self.app.vault.unseal(&sealed, &context(call.id))?,
            None => Vec::new(),
        };
        let fetched = call.fetched(body);
        let sent = (call.activity, call.request.as_str());
        Ok(Some(match read_again(call.form, sent, Ok(&fetched)) {
            Some(read) => read.result,
            None => call.opened(&fetched.body),
        }))
    }

    /// What a seller's system said of an errand in words of its own, the last time: one line, for people.
    pub async fn said(&self, tx: &mut Tx, seller: AccountId, errand: ErrandId) -> Result<Option<String>> {
        let last = store::calls_of(tx, seller, Some(errand), PageOf { before: None, limit: 1 }).await?;
        Ok(last.items.first().and_then(|call| said(&call.answer_shown)))
    }

    /// Whether a seller's system is spoken to in a form that can ask it about another specification.
    pub async fn is_asked(&self, tx: &mut Tx, seller: AccountId) -> Result<bool> {
        Ok(self.asked_in(tx, seller).await?.is_some())
    }

    /// In which form it is asked that; none: it cannot be.
    pub async fn asked_in(&self, tx: &mut Tx, seller: AccountId) -> Result<Option<CallForm>> {
        let used = store::in_use(tx, seller).await?.map(|address| address.form);
        Ok(used.filter(|form| form.scenarios().any(|known| known == Scenario::CheckChange)))
    }

    /// When a seller's system may be called that was left alone just now; none: there is nobody to call.
    pub async fn again_at(&self, tx: &mut Tx, seller: AccountId) -> Result<Option<Timestamp>> {
        let now = self.app.clock.now();
        let address = store::in_use(tx, seller).await?.filter(|address| address.key.is_some());
        Ok(address.map(|address| self.gates.ask_again(address.id, now)))
    }

    /// A call of the debugger: with the test flag, written down like any other.
    pub(crate) async fn try_out(&self, seller: &Seller, id: ProductionAddressId, trial: &Trial) -> Result<Tried> {
        seller.may(Permission::Integrate)?;
        let (address, keys) = self.with_keys(seller, id).await?;
        let _trying = self.gates.try_out(seller.account()).ok_or(AddressRefused::AtOnce)?;
        // What is typed is sent as it stands; an instance that it lacks is made for an order of its own.
        let begins = trial.creation(address.form, ("", self.app.clock.now()))?.is_some();
        let sent = if begins { anew(trial) } else { trial.clone() };
        self.send_trial(&address, &keys, (trial, &sent)).await
    }

    /// Sends a trial, after the creation of its instance where that is not named. What comes back is how the last call went
    /// that was made, by what was chosen: `sent` may name another order than that.
    pub(super) async fn send_trial(
        &self,
        address: &Address,
        keys: &Keys,
        (trial, sent): (&Trial, &Trial),
    ) -> Result<Tried> {
        let begun = Instant::now();
        let mut named = sent.clone();
        let fresh = || (vault::random_token("b"), self.app.clock.now());
        let (business, now) = fresh();
        if let Some(creation) = sent.creation(address.form, (&business, now))? {
            let created = self.send(address, keys, &creation).await;
            self.log(&created, None).await?;
            match created.read.result.as_ref().map(|answer| answer.instance.clone()) {
                Ok(Some(instance)) => named.instance = instance,
                Ok(None) | Err(_) => return Ok(created),
            }
        }
        let (business, now) = fresh();
        let request = named.request(address.form, (&business, now))?;
        let left = TRIAL_MOST.saturating_sub(begun.elapsed());
        let tried =
            Tried { trial: Some(trial.clone()), ..self.send_within(address, (keys, keys), &request, left).await };
        self.log(&tried, None).await?;
        Ok(tried)
    }

    /// The same request, signed and not sent.
    pub(crate) async fn signed(
        &self,
        seller: &Seller,
        id: ProductionAddressId,
        trial: &Trial,
    ) -> Result<(Address, Outbound)> {
        seller.may(Permission::Integrate)?;
        let (address, keys) = self.with_keys(seller, id).await?;
        let request = trial.request(address.form, (&vault::random_token("b"), self.app.clock.now()))?;
        let signed = self.sign(&address, &keys, &request);
        Ok((address, signed))
    }

    async fn with_keys(&self, seller: &Seller, id: ProductionAddressId) -> Result<(Address, Keys)> {
        let mut tx = self.app.db.read();
        let address = store::find_for(&mut tx, seller.account(), id).await?;
        let keys = self.keys(&mut tx, id).await?.ok_or(AddressRefused::NoKey)?;
        Ok((address, keys))
    }

    fn sign(&self, address: &Address, keys: &Keys, request: &Request) -> Outbound {
        let nonce = vault::random_token("n").trim_start_matches("n_").to_owned();
        let to = (address.url.as_str(), address.encryption);
        // The clock of a sandbox is turned, that of the seller's system is not.
        let now = self.way.as_ref().map_or_else(|| self.app.clock.now(), Way::now);
        address.form.sign(request, to, (keys, nonce), now)
    }

    pub(crate) async fn send(&self, address: &Address, keys: &Keys, request: &Request) -> Tried {
        self.send_within(address, (keys, keys), request, TRIAL_MOST).await
    }

    /// The same signed with a key that nobody has. The program answers with its own.
    pub(crate) async fn send_forged(&self, address: &Address, keys: &Keys, request: &Request) -> Tried {
        let nobodys = Keys { key: fresh_key(address.form), next: None };
        self.send_within(address, (&nobodys, keys), request, TRIAL_MOST).await
    }

    pub(crate) async fn go_out(&self, address: &Address, signed: &Outbound) -> std::result::Result<Fetched, NoAnswer> {
        let url = signed.url(&address.url);
        match address.form {
            CallForm::KooGalleryV1 => self.outgoing.get(&url, "body-sign").await,
            CallForm::KooGalleryV2 | CallForm::StandardWebhooks => {
                self.outgoing.post(&url, &signed.headers(), signed.body().to_owned()).await
            }
        }
    }

    /// Signs with one pair of keys and believes another.
    async fn send_within(
        &self,
        address: &Address,
        (keys, believed): (&Keys, &Keys),
        request: &Request,
        most: Duration,
    ) -> Tried {
        let sent_at = self.app.clock.now();
        let (id, request) = (ProductionCallId::new(sent_at), self.marked(request));
        let fault = self.way.as_ref().and_then(|way| way.draw(id));
        let nobodys = Keys { key: fresh_key(address.form), next: None };
        let signing = if fault == Some(Fault::WrongSignature) { &nobodys } else { keys };
        let signed = self.sign(address, signing, &request);
        if let Some(way) = &self.way {
            self.send_late(way, &request).await;
        }
        let begun = Instant::now();
        let going = async {
            match &self.way {
                Some(way) => self.go_over(way, fault, (address, &signed), &request).await,
                None => self.go_out(address, &signed).await,
            }
        };
        let came = tokio::time::timeout(most, going).await.unwrap_or(Err(NoAnswer::Slow));
        let took_millis = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        // What came is there, whatever becomes of the others.
        if let Some(way) = &self.way {
            self.send_overtaken(way, fault, &request).await;
        }
        Tried {
            id,
            trial: None,
            address: address.clone(),
            read: signed.read(request.activity, (believed, address.encryption), came.as_ref().map_err(|why| *why)),
            request,
            signed,
            came,
            sent_at,
            took_millis,
        }
    }

    pub(crate) async fn log(&self, tried: &Tried, errand: Option<ErrandId>) -> Result<()> {
        let id = tried.id;
        let fetched = tried.came.as_ref().ok();
        // Only who waits for it needs it as it came.
        let sealed = match (fetched, errand) {
            (Some(fetched), Some(_)) => {
                let body = tried.read.opened.as_deref().map_or(fetched.body.as_slice(), str::as_bytes);
                Some(self.app.vault.seal(body, &context(id))?)
            }
            (Some(_) | None, _) => None,
        };
        let hidden = tried.request.code_to_hide();
        let shown_only = |text: String| match &hidden {
            Some((code, hint)) => text.replace(*code, hint),
            None => text,
        };
        let call = Call {
            id,
            seller_id: tried.address.seller,
            address_id: tried.address.id,
            errand_id: errand,
            form: tried.address.form,
            activity: tried.request.activity,
            test: tried.request.is_test(),
            url: shown_only(tried.signed.url_to_keep(&tried.address.url)),
            headers: tried.signed.head(),
            request: shown_only(tried.signed.body().to_owned()),
            sent_at: tried.sent_at,
            took_millis: tried.took_millis,
            no_answer: tried.came.as_ref().err().map(ToString::to_string),
            status: fetched.map(|fetched| i64::from(fetched.status)),
            content_type: fetched.map(|fetched| fetched.content_type.clone()),
            answer_shown: shown_only(fetched.map(|fetched| shown(&fetched.body)).unwrap_or_default()),
            trouble: tried.trouble(),
            trial: tried.trial.clone().map(Json),
            // What was signed over bytes that are not kept is not looked at again.
            checks: (tried.trial.is_some() || tried.address.form == CallForm::KooGalleryV1)
                .then(|| Json(tried.checked())),
        };
        let mut tx = self.app.db.begin().await?;
        store::insert_call(&mut tx, &call, sealed).await?;
        tx.commit().await
    }

    pub(crate) async fn calls(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        errand: Option<ErrandId>,
        page: PageOf,
    ) -> Result<Page<Call>> {
        seller.may(Permission::View)?;
        store::calls_of(tx, seller.account(), errand, page).await
    }

    /// The calls of all sellers' systems, or of one.
    pub(crate) async fn all_calls(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        wanted: (Option<AccountId>, Option<ErrandId>),
        page: PageOf,
    ) -> Result<Page<Call>> {
        operator.may_staff(StaffPermission::Support)?;
        store::calls_of_any(tx, wanted, page).await
    }

    pub(crate) async fn any_call(&self, tx: &mut Tx, operator: &Operator, id: ProductionCallId) -> Result<Call> {
        operator.may_staff(StaffPermission::Support)?;
        store::any_call(tx, id).await
    }

    pub(crate) async fn find_call(&self, tx: &mut Tx, seller: &Seller, id: ProductionCallId) -> Result<Call> {
        seller.may(Permission::View)?;
        store::call_for(tx, seller.account(), id).await
    }
}

/// For how many seconds a system wants to be left alone that is asked too much: as it says, within bounds.
fn too_many(fetched: &Fetched) -> Option<i64> {
    let asked = i64::from(fetched.retry_after.unwrap_or(REST_USUAL));
    (fetched.status == 429).then(|| asked.clamp(1, REST_MOST))
}

/// How long a system rests that says nothing of it, and the longest that any may rest, in seconds.
const REST_USUAL: u32 = 60;
const REST_MOST: i64 = 3_600;

/// A trial whose order nobody has seen: what was released is not created again by the same one.
pub(super) fn anew(trial: &Trial) -> Trial {
    trial.anew(&format!("{:08X}", rand::random::<u32>()))
}

impl Tried {
    /// For how many seconds the system wants to be left alone.
    pub(crate) fn rests(&self) -> Option<i64> {
        self.came.as_ref().ok().and_then(too_many)
    }

    pub(crate) fn trouble(&self) -> Option<String> {
        self.read.result.as_ref().err().map(Trouble::code)
    }

    /// Whether it can be kept as a case.
    pub(crate) fn passed(&self) -> bool {
        self.trial.is_some() && passes(self.trouble().as_deref(), &self.checked())
    }

    /// Whether it was to release what is gone: that is done, however often it is sent.
    pub(crate) fn was_released(&self) -> bool {
        let gone = |trouble: &Trouble| trouble.reason() == Some(ResultCode::NoInstance);
        self.request.activity == Activity::ReleaseInstance && self.read.result.as_ref().is_err_and(gone)
    }

    pub(crate) fn checked(&self) -> Checked {
        self.read.checks.iter().copied().collect()
    }
}

impl Call {
    /// Whether it can be kept as a case.
    pub(crate) fn passed(&self) -> bool {
        self.trial.is_some() && self.checks.as_ref().is_some_and(|checks| passes(self.trouble.as_deref(), checks))
    }

    /// What was asked or told, as the seller knows it.
    pub(crate) fn name(&self) -> &'static str {
        match self.form {
            CallForm::KooGalleryV2 => self.activity.as_str(),
            CallForm::KooGalleryV1 => Ask::sent(&self.request).map_or(self.activity.as_str(), Ask::as_str),
            CallForm::StandardWebhooks => EventType::sent(self.activity, &self.request).as_str(),
        }
    }

    /// How each check went, as far as it is kept: an answer is read again without its passwords.
    pub(crate) fn checks(&self) -> Vec<(Check, Found)> {
        let fetched = self.fetched(self.answer_shown.clone().into_bytes());
        let came = match &self.no_answer {
            Some(why) => Err(why.parse().unwrap_or(NoAnswer::Broken)),
            None => Ok(&fetched),
        };
        match read_again(self.form, (self.activity, &self.request), came) {
            Some(read) => read.checks,
            None => {
                self.checks.iter().flat_map(|checks| checks.iter().map(|(check, found)| (*check, *found))).collect()
            }
        }
    }

    /// What came, with a body of it that is kept.
    fn fetched(&self, body: Vec<u8>) -> Fetched {
        Fetched {
            status: self.status.and_then(|status| u16::try_from(status).ok()).unwrap_or_default(),
            content_type: self.content_type.clone().unwrap_or_default(),
            body,
            retry_after: None,
            signature: None,
        }
    }

    /// What an answer in clear says that was looked at when it came.
    fn opened(&self, body: &[u8]) -> std::result::Result<Answer, Trouble> {
        match (&self.trouble, Ask::sent(&self.request)) {
            (Some(code), _) => Err(Trouble::read(code).unwrap_or(Trouble::NotJson)),
            (None, Some(ask)) => {
                let found = self.checks.as_ref().and_then(|checks| checks.get(&Check::Encryption));
                let unread = found == Some(&Found::Failed);
                v1::opened(ask, body).map(|answer| Answer { unread, ..answer })
            }
            (None, None) => Err(Trouble::NotJson),
        }
    }
}

fn context(id: ProductionCallId) -> String {
    format!("production call/{id}")
}
