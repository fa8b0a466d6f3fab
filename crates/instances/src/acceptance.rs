//! What opens after its buyer's acceptance: reminding of it, and beginning the term.

use kernel::{Event, Localized, Result, Timestamp, id::InstanceId};
use messages::Topic;
use platform::{Tx, jobs};
use policy::Policy;

use crate::{
    Instances,
    rules::{Instance, Term, reminders},
    store,
};

impl Instances {
    /// Sets the timers that remind of an acceptance, and the one at which it counts as given.
    pub(crate) async fn wait_for_acceptance(
        &self,
        tx: &mut Tx,
        (instance, accept_by): (InstanceId, Timestamp),
        policy: &Policy,
    ) -> Result<()> {
        let now = self.app.clock.now();
        let rules = (&policy.acceptance.reminder_days, policy.acceptance.reminder_hour);
        let mut looks = reminders((now, accept_by), rules, &policy.zone());
        looks.push(accept_by);
        for at in looks {
            jobs::schedule(tx, now, at, &Event::AcceptanceDue { instance }).await?;
        }
        Ok(())
    }

    /// Its term begins now, unless somebody has moved it since it was read.
    pub async fn accept(&self, tx: &mut Tx, waiting: Instance, term: Term) -> Result<Instance> {
        let now = self.app.clock.now();
        let accepted = waiting.accept(term, now, &self.policies.current().await?.zone())?;
        store::save_acceptance(tx, &accepted).await?;
        if let Some(end) = accepted.expires_at {
            jobs::schedule(tx, now, end, &Event::InstanceExpiryDue { instance: accepted.id }).await?;
        }
        Ok(Instance { version: accepted.version + 1, ..accepted })
    }

    /// A buyer who has not accepted yet is reminded.
    pub async fn remind_of_acceptance(&self, tx: &mut Tx, waiting: &Instance, accept_by: Timestamp) -> Result<()> {
        let zone = self.policies.current().await?.zone();
        let (id, bought, minute) = (waiting.id, &waiting.title, accept_by.format("%Y-%m-%d %H:%M", &zone));
        let title =
            Localized::new(format!("Waits for your acceptance: {}", bought.en), format!("待您验收：{}", bought.zh));
        let text = Localized::new(
            format!(
                "{} ({id}) is there for you to look at. Accept it under what you own, and its term begins; or refuse it, and what you paid goes back. On {minute} it counts as accepted.",
                bought.en
            ),
            format!(
                "{}（{id}）已开通，请查看。在“已购资源”中确认验收后开始计算使用期限；如不符合要求可拒绝验收，款项退回。到 {minute} 仍未处理将视为验收通过。",
                bought.zh
            ),
        );
        self.messages.tell(tx, waiting.account, Topic::Delivery, title, text).await
    }
}
