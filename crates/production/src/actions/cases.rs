//! Cases: kept, sent again one by one or all together, and what they prove of an address.

use std::time::{Duration, Instant};

use accounts::{Permission, Seller};
use kernel::{
    Error, Event, Invalid, Localized, Result, Timestamp,
    id::{AccountId, ProductionAddressId, ProductionCallId, ProductionCaseId},
};
use messages::Topic;
use platform::{Tx, jobs};
use policy::{AccessType, BillingMode, Scenario};
use serde_json::json;

use super::{Tried, calls::anew};
use crate::{
    AddressRefused, Production, Trouble,
    gate::Went,
    rules::{
        address::{Address, AddressState},
        case::{
            CASES_MAX, Case, CaseRefused, CaseResult, Checked, NAME_MAX, System, WISHES, failed_since, is_needed,
            outstanding, proven, takes,
        },
        form::{CallForm, Keys},
        trial::Trial,
    },
    store::{self, cases, probes},
};

/// After so long a job sends no further case: the rest follows in another one.
const SENDING_MOST: Duration = Duration::from_secs(5);

/// For so long a system that asks for a rest is asked again; after that, the rest is its answer.
const PATIENCE_SECONDS: i64 = 2 * 3_600;

/// A seller's cases, its addresses, and how each case went at each of them.
pub(crate) struct Kept {
    pub(crate) addresses: Vec<Address>,
    pub(crate) cases: Vec<Case>,
    pub(crate) results: Vec<CaseResult>,
    /// What has to have passed where deliveries go, before a product is submitted.
    pub(crate) asked: Vec<Asked>,
}

/// A case that the rules of the site ask for, and whether it has passed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) access_type: AccessType,
    pub(crate) billing_mode: BillingMode,
    pub(crate) scenario: Scenario,
    /// In the words of the form in which the system is called.
    pub(crate) called: &'static str,
    pub(crate) passed: bool,
}

impl Production {
    pub(crate) async fn cases(&self, tx: &mut Tx, seller: &Seller) -> Result<Kept> {
        seller.may(Permission::View)?;
        let addresses = store::of_seller(tx, seller.account()).await?;
        let cases = cases::of_seller(tx, seller.account()).await?;
        let results = cases::results_of(tx, seller.account()).await?;
        let used = addresses.iter().find(|address| address.in_use);
        let passed = used.map(|used| proven(&cases, &results, used.id)).unwrap_or_default();
        let form = used.map_or(CallForm::StandardWebhooks, |used| used.form);
        let policy = self.accounts.policies.current().await?;
        let mut asked = Vec::new();
        for rules in policy.access_types.iter().filter(|rules| rules.code.is_called()) {
            for mode in rules.modes.keys().filter(|mode| policy.not_sold_yet(rules.code, **mode).is_none()) {
                let of_mode = form.asked(policy.cases(rules.code, *mode), *mode).into_iter().map(|scenario| Asked {
                    access_type: rules.code,
                    billing_mode: *mode,
                    scenario,
                    called: form.says(scenario),
                    passed: passed.contains(&scenario),
                });
                asked.extend(of_mode);
            }
        }
        Ok(Kept { addresses, cases, results, asked })
    }

    /// Keeps what was sent from the debugger by a name. How it went is the case's first result.
    pub(crate) async fn keep_case(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        (call, name): (ProductionCallId, &str),
    ) -> Result<(Case, CaseResult)> {
        seller.may(Permission::Integrate)?;
        let mut wrong = Invalid::default();
        wrong.line(name, 1, NAME_MAX, "name");
        wrong.done()?;
        let call = store::call_for(tx, seller.account(), call).await?;
        let (Some(trial), Some(checks)) = (&call.trial, &call.checks) else { return Err(CaseRefused::NotTried.into()) };
        if !call.passed() {
            return Err(CaseRefused::NotPassed.into());
        }
        let kept = cases::of_seller(tx, seller.account()).await?;
        if kept.len() >= CASES_MAX {
            return Err(CaseRefused::TooMany.into());
        }
        let scenario = trial.scenario(call.form)?;
        let results = cases::results_of(tx, seller.account()).await?;
        if let Some(name) = failed_since(&kept, &results, (scenario, call.address_id), call.sent_at) {
            return Err(CaseRefused::FailedSince(name.to_owned()).into());
        }
        let now = self.app.clock.now();
        let case = Case {
            id: ProductionCaseId::new(now),
            seller: seller.account(),
            name: name.trim().to_owned(),
            form: call.form,
            scenario,
            trial: trial.0.clone(),
            added_at: now,
        };
        cases::insert(tx, &case).await?;
        let result = CaseResult {
            case: case.id,
            address: call.address_id,
            seller: case.seller,
            call: call.id,
            passed: true,
            trouble: None,
            checks: checks.0.clone(),
            ran_at: call.sent_at,
            asked_again: false,
        };
        // The address may have been removed since.
        if store::find(tx, call.address_id).await?.is_some() {
            cases::save_result(tx, &result).await?;
        }
        let detail = json!({ "name": case.name, "scenario": case.scenario });
        self.accounts.audit(tx, seller, "production.case_kept", &case.id.to_string(), &detail).await?;
        Ok((case, result))
    }

    pub(crate) async fn drop_case(&self, tx: &mut Tx, seller: &Seller, id: ProductionCaseId) -> Result<()> {
        seller.may(Permission::Integrate)?;
        let case = cases::find_for(tx, seller.account(), id).await?;
        // Otherwise who removes what fails would pass.
        if let Some(used) = store::in_use(tx, seller.account()).await?
            && self.failing(tx, seller.account(), None).await?.is_some()
            && is_needed(
                &case,
                &cases::of_seller(tx, seller.account()).await?,
                &cases::results_of(tx, seller.account()).await?,
                used.id,
            )
        {
            return Err(CaseRefused::Failing.into());
        }
        cases::remove(tx, seller.account(), id).await?;
        let detail = json!({ "name": case.name });
        self.accounts.audit(tx, seller, "production.case_removed", &id.to_string(), &detail).await
    }

    /// Sends one case again, before any transaction; its seller waits for the answer.
    pub(crate) async fn send_case(
        &self,
        seller: &Seller,
        id: ProductionCaseId,
        address: Option<ProductionAddressId>,
    ) -> Result<CaseResult> {
        seller.may(Permission::Integrate)?;
        let case = cases::find_for(&mut self.app.db.read(), seller.account(), id).await?;
        let (address, keys) = self.place_for(seller, address).await?;
        if address.form != case.form {
            return Err(CaseRefused::OtherForm(case.form).into());
        }
        let _trying = self.gates.try_out(seller.account()).ok_or(AddressRefused::AtOnce)?;
        let tried = self.send_trial(&address, &keys, (&case.trial, &anew(&case.trial))).await?;
        Ok(result_of(&case, &tried))
    }

    pub(crate) async fn save_case_result(&self, tx: &mut Tx, result: &CaseResult) -> Result<()> {
        cases::save_result(tx, result).await
    }

    /// The address that was named, or else the one where deliveries go.
    async fn place_for(&self, seller: &Seller, address: Option<ProductionAddressId>) -> Result<(Address, Keys)> {
        let mut tx = self.app.db.read();
        let address = match address {
            Some(id) => store::find_for(&mut tx, seller.account(), id).await?,
            None => store::in_use(&mut tx, seller.account()).await?.ok_or(AddressRefused::NoneUsed)?,
        };
        let keys = self.keys(&mut tx, address.id).await?.ok_or(AddressRefused::NoKey)?;
        Ok((address, keys))
    }

    /// Asks for all cases to be sent to an address again: jobs do it, one case after the other.
    pub(crate) async fn send_all(&self, tx: &mut Tx, seller: &Seller, id: ProductionAddressId) -> Result<()> {
        seller.may(Permission::Integrate)?;
        let address = store::find_for(tx, seller.account(), id).await?;
        if address.key.is_none() {
            return Err(AddressRefused::NoKey.into());
        }
        // Many calls at once go only to whoever has shown that they are wanted.
        if address.state != AddressState::Verified {
            return Err(AddressRefused::NotVerified.into());
        }
        if !cases::of_seller(tx, seller.account()).await?.iter().any(|case| case.form == address.form) {
            return Err(CaseRefused::None.into());
        }
        self.ask_all(tx, &address).await
    }

    /// They are on their way already when somebody asks again.
    pub(super) async fn ask_all(&self, tx: &mut Tx, address: &Address) -> Result<()> {
        let now = self.app.clock.now();
        if cases::ask_all(tx, (address.seller, address.id), now).await? {
            jobs::publish(tx, now, &Event::ProductionCasesDue { address: address.id }).await?;
        }
        Ok(())
    }

    /// Sends an address what it was not sent yet of the cases that were asked for, before any transaction and for as long as a
    /// job may take. How each went is on disk at once.
    pub async fn send_cases(&self, id: ProductionAddressId) -> Result<()> {
        let mut tx = self.app.db.read();
        let Some(address) = store::find(&mut tx, id).await? else { return Ok(()) };
        let Some(keys) = self.keys(&mut tx, id).await? else { return Ok(()) };
        let begun = Instant::now();
        let mut left = self.left(&mut tx, &address).await?.into_iter();
        while begun.elapsed() < SENDING_MOST
            && let Some((case, sent)) = left.next()
        {
            let Some(place) = self.gates.enter(id, self.app.clock.now()) else { return Ok(()) };
            let tried = match self.send_trial(&address, &keys, (&case.trial, &sent)).await {
                Ok(tried) => tried,
                Err(Error::Refused(_)) => {
                    drop(place);
                    self.save_results(&[unsent(&case, id, self.app.clock.now())]).await?;
                    continue;
                }
                Err(other) => return Err(other),
            };
            let down = tried.read.result.as_ref().is_err_and(Trouble::is_down);
            let took = tried.took_millis.saturating_mul(1_000);
            let now = self.app.clock.now();
            place.went(if down { Went::Down } else { Went::Up }, (now, took));
            if let Some(seconds) = tried.rests() {
                place.rest(now.plus_seconds(seconds));
                // It is asked again after the rest, unless it has wanted to rest for too long.
                let asked_at = address.cases_asked_at.unwrap_or(now);
                if now < asked_at.plus_seconds(PATIENCE_SECONDS) {
                    return Ok(());
                }
            }
            drop(place);
            let mut results = vec![result_of(&case, &tried)];
            // Nobody waits once for each case for a system that is down, or has wanted to rest for too long: none of the others
            // is answered either.
            if down || tried.rests().is_some() {
                results.extend(left.by_ref().map(|(other, _)| result_of(&other, &tried)));
            }
            self.save_results(&results).await?;
        }
        Ok(())
    }

    async fn save_results(&self, results: &[CaseResult]) -> Result<()> {
        let mut tx = self.app.db.begin().await?;
        for result in results {
            cases::save_result(&mut tx, result).await?;
        }
        tx.commit().await
    }

    /// What an address was not sent yet of the cases that were asked for, each as it is sent; for a probe, those that do the
    /// same every time.
    async fn left(&self, tx: &mut Tx, address: &Address) -> Result<Vec<(Case, Trial)>> {
        let Some(asked_at) = address.cases_asked_at else { return Ok(Vec::new()) };
        let probed = probes::running_at(tx, address.id).await?.is_some();
        let mut cases = cases::of_seller(tx, address.seller).await?;
        cases.retain(|case| case.form == address.form && (!probed || case.is_repeatable()));
        // As an instance lives: what is released is not renewed any more.
        cases.sort_by_key(|case| case.scenario);
        let results = cases::results_of(tx, address.seller).await?;
        let sent = |case: Case| {
            let trial = case.trial.anew(&case.run(&cases, asked_at));
            (case, trial)
        };
        Ok(outstanding(cases.clone(), &results, address.id).into_iter().map(sent).collect())
    }

    /// The job that sends them failed through our own fault until it was laid aside: they can be asked for again.
    pub async fn on_cases_given_up(&self, tx: &mut Tx, id: ProductionAddressId) -> Result<()> {
        cases::all_done(tx, id).await?;
        self.give_up_probe_at(tx, id).await
    }

    /// What was sent is on disk. What is left goes on in another job, after a pause where the address rests.
    pub async fn on_cases_due(&self, tx: &mut Tx, id: ProductionAddressId) -> Result<()> {
        let Some(address) = store::find(tx, id).await? else { return self.give_up_probe_at(tx, id).await };
        if address.cases_asked_at.is_none() {
            return Ok(());
        }
        if address.key.is_none() || self.left(tx, &address).await?.is_empty() {
            cases::all_done(tx, id).await?;
            return self.conclude_probe(tx, &address).await;
        }
        let now = self.app.clock.now();
        jobs::schedule(tx, now, self.gates.ask_again(id, now), &Event::ProductionCasesDue { address: id }).await
    }

    /// Whether a seller wants to be told what is told at wish only, where its deliveries go: it keeps a case of it that was sent there.
    pub async fn takes(&self, tx: &mut Tx, seller: AccountId, scenario: Scenario) -> Result<bool> {
        let Some(used) = store::in_use(tx, seller).await?.filter(|address| address.key.is_some()) else {
            return Ok(false);
        };
        let mut cases = cases::of_seller(tx, seller).await?;
        // Most sellers want none of it.
        cases.retain(|case| case.scenario.is_at_wish());
        if cases.is_empty() {
            return Ok(false);
        }
        let results = cases::results_of(tx, seller).await?;
        Ok(takes(&cases, &results, (scenario, used.form, used.id)))
    }

    /// What its seller wanted to be told at the address before, and has not tried out at the one from now on.
    pub(super) async fn tell_of_lost_wishes(&self, tx: &mut Tx, before: &Address, now: &Address) -> Result<()> {
        let cases = cases::of_seller(tx, now.seller).await?;
        let results = cases::results_of(tx, now.seller).await?;
        let holds = |at: &Address, scenario| takes(&cases, &results, (scenario, at.form, at.id));
        let lost = WISHES.into_iter().flatten().filter(|wish| holds(before, **wish) && !holds(now, **wish));
        let names: Vec<&str> = lost.map(|wish| now.form.says(*wish)).collect();
        if names.is_empty() {
            return Ok(());
        }
        let url = &now.url;
        let title =
            Localized::new("Your new address is not told all that you wanted", "新的生产地址不会收到全部按需通知");
        let text = Localized::new(
            format!(
                "Deliveries go to {url} from now on. No case of these was sent there, so that it is not told of them: {}. Send them there under Your system, Cases, or try them out in the debugger and keep them. Codes that were frozen before are still told there when they work again.",
                names.join(", ")
            ),
            format!(
                "交付自即日起发往 {url}。以下用例尚未发往该地址，因此不会收到相应通知：{}。请在“生产接口”的“调试用例”中发往该地址，或在“调试”中发送并保存。此前已冻结的授权码恢复使用时仍会通知该地址。",
                names.join("、")
            ),
        );
        self.messages.tell(tx, now.seller, Topic::Delivery, title, text).await
    }

    /// The system where a seller's deliveries go, and what passed there; none: none is proven.
    pub async fn system(&self, tx: &mut Tx, seller: AccountId) -> Result<Option<System>> {
        let Some(address) = store::in_use(tx, seller).await? else { return Ok(None) };
        let cases = cases::of_seller(tx, seller).await?;
        let results = cases::results_of(tx, seller).await?;
        let passed = proven(&cases, &results, address.id);
        Ok(Some(System { url: address.url, form: address.form, passed }))
    }
}

/// A case that cannot be sent any more as it was kept.
fn unsent(case: &Case, address: ProductionAddressId, now: Timestamp) -> CaseResult {
    CaseResult {
        case: case.id,
        address,
        seller: case.seller,
        call: ProductionCallId::new(now),
        passed: false,
        trouble: None,
        checks: Checked::new(),
        ran_at: now,
        asked_again: false,
    }
}

fn result_of(case: &Case, tried: &Tried) -> CaseResult {
    let passed = tried.passed() || tried.was_released();
    CaseResult {
        case: case.id,
        address: tried.address.id,
        seller: case.seller,
        call: tried.id,
        // Where its instance was not created, it was not sent.
        passed,
        trouble: tried.trouble().filter(|_| !passed),
        checks: tried.checked(),
        ran_at: tried.sent_at,
        asked_again: false,
    }
}
