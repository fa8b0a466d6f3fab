//! Trials: reminding their buyers of the end.

use kernel::{Event, Localized, Result, Timestamp, id::InstanceId};
use messages::Topic;
use platform::{Tx, jobs};
use policy::Policy;

use crate::{
    Instances,
    rules::{Formal, Instance, State, reminders},
    store,
};

impl Instances {
    /// Sets the timers that remind of the end of a trial.
    pub(crate) async fn remind_later(
        &self,
        tx: &mut Tx,
        (instance, end): (InstanceId, Timestamp),
        policy: &Policy,
    ) -> Result<()> {
        let now = self.app.clock.now();
        let rules = (&policy.trials.reminder_days, policy.trials.reminder_hour);
        for at in reminders((now, end), rules, &policy.zone()) {
            jobs::schedule(tx, now, at, &Event::TrialReminderDue { instance }).await?;
        }
        Ok(())
    }

    /// Moves what was tried onto the line by which it was bought; it goes on as it is, in a term of its own.
    pub async fn convert(&self, tx: &mut Tx, tried: Instance, formal: Formal) -> Result<Instance> {
        let now = self.app.clock.now();
        let bought = tried.convert(formal, now, &self.policies.current().await?.zone())?;
        store::save_conversion(tx, &bought).await?;
        if let Some(end) = bought.expires_at {
            jobs::schedule(tx, now, end, &Event::InstanceExpiryDue { instance: bought.id }).await?;
        }
        Ok(Instance { version: bought.version + 1, ..bought })
    }

    /// A day has come on which the buyer of a trial is reminded, if it still is one.
    pub async fn on_trial_reminder_due(&self, tx: &mut Tx, id: InstanceId) -> Result<()> {
        let now = self.app.clock.now();
        let instance = self.find(tx, id).await?;
        let Some(end) = instance.expires_at.filter(|end| instance.is_trial && *end > now) else { return Ok(()) };
        match instance.state {
            State::Active => {}
            State::Pending { .. } | State::Grace { .. } | State::Expired { .. } | State::Released { .. } => {
                return Ok(());
            }
        }
        let zone = self.policies.current().await?.zone();
        let (day, hour) = (end.format("%Y-%m-%d", &zone), end.format("%H:%M", &zone));
        let title = &instance.title;
        let text = Localized::new(
            format!(
                "Your trial of {} ({id}) ends on {day} at {hour}. Buy it to go on with what is in it; otherwise nothing is charged and it is frozen.",
                title.en
            ),
            format!(
                "{}（{id}）的试用将于 {day} {hour} 结束。购买后可继续使用其中的数据；不购买不会产生任何费用，到期后将被冻结。",
                title.zh
            ),
        );
        let title = Localized::new(format!("Trial ends soon: {}", title.en), format!("试用即将到期：{}", title.zh));
        self.messages.tell(tx, instance.account, Topic::Licence, title, text).await
    }
}

/// Title and text of a message: a trial is over.
pub(crate) fn ended(frozen: &Instance, day: &str) -> (Localized, Localized) {
    let Instance { id, title, .. } = frozen;
    let text = Localized::new(
        format!(
            "The trial of {} ({id}) is over and it is frozen. Nothing was charged. What is in it is kept until {day}, then it is released.",
            title.en
        ),
        format!("{}（{id}）的试用已结束并被冻结，未产生任何费用。其中的数据保留至 {day}，之后释放。", title.zh),
    );
    (Localized::new(format!("Trial over: {}", title.en), format!("试用已结束：{}", title.zh)), text)
}
