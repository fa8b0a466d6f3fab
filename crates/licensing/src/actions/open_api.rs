//! What sellers' software does with codes. The formats that carry it are the doors' business.

use std::{borrow::Cow, sync::Arc};

use accounts::{Permission, Seller};
use kernel::{Result, Timestamp};
use platform::{Tx, vault};

use crate::{
    Licensing,
    rules::{Activation, Licence, LicenceEventKind, LicenceRefused, LicenceState, LicenceStatus, Usage},
    seen::Beat,
    store::{days, licences},
};

/// The answer to a heartbeat.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    pub licence: Arc<Licence>,
    pub status: LicenceStatus,
    pub activation: Activation,
}

/// The use of one code's software today.
#[derive(Clone, Debug)]
pub struct UsageReport {
    pub code: String,
    pub usage: Vec<Usage>,
}

/// An address in a record; longer ones were forged by a header.
const FROM_MAX: usize = 64;

impl Licensing {
    /// Activates codes: all of them, or none.
    pub async fn activate(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        codes: &[String],
        effective: Option<Timestamp>,
    ) -> Result<Vec<Licence>> {
        seller.may(Permission::Integrate)?;
        let now = self.app.clock.now();
        let mut activated = Vec::with_capacity(codes.len());
        for code in codes {
            let found = licences::by_code(tx, &vault::fingerprint(code)).await?;
            let licence = found.filter(|licence| licence.seller == seller.account()).ok_or(LicenceRefused::Unknown)?;
            let licence = licence.activate(now, effective)?;
            licences::save_state(tx, &licence).await?;
            let from = short(seller.from());
            licences::add_event(tx, &licence, LicenceEventKind::Activated, now, Some(&from)).await?;
            self.recent.invalidate(&licence.fingerprint);
            activated.push(licence);
        }
        Ok(activated)
    }

    /// Answers heartbeats, after their traces are on disk. One code that is not known or not activated refuses all.
    pub async fn heartbeat(&self, seller: &Seller, codes: &[String]) -> Result<Vec<Heartbeat>> {
        seller.may(Permission::Integrate)?;
        let now = self.app.clock.now();
        let day = now.date_in(&self.policies.current().await?.zone());
        let mut answers = Vec::with_capacity(codes.len());
        for code in codes {
            let licence = self.recent(code).await?.filter(|licence| licence.seller == seller.account());
            let licence = licence.ok_or(LicenceRefused::Unknown)?;
            let (status, activation) = licence.status(now)?;
            answers.push(Heartbeat { licence, status, activation });
        }
        let from: Arc<str> = short(seller.from()).into();
        let beats = answers.iter().map(|answer| Beat {
            account: answer.licence.account,
            licence: answer.licence.id,
            day,
            at: now,
            from: from.clone(),
        });
        self.seen.write(beats.collect()).await?;
        Ok(answers)
    }

    /// Records reported use; gives back the codes that could not be recorded, because they are not known or not activated.
    pub async fn report_usage(&self, tx: &mut Tx, seller: &Seller, reports: &[UsageReport]) -> Result<Vec<String>> {
        seller.may(Permission::Integrate)?;
        let now = self.app.clock.now();
        let day = now.date_in(&self.policies.current().await?.zone()).to_string();
        let mut failed = Vec::new();
        for UsageReport { code, usage } in reports {
            let licence = licences::by_code(tx, &vault::fingerprint(code)).await?;
            let licence = licence.filter(|licence| licence.seller == seller.account() && licence.status(now).is_ok());
            match licence {
                Some(licence) => days::add_usage(tx, &licence, &day, now, usage).await?,
                None => failed.push(code.clone()),
            }
        }
        Ok(failed)
    }

    /// A licence as it was at most a second ago. Only active ones are kept, so that an activation is seen at once.
    async fn recent(&self, code: &str) -> Result<Option<Arc<Licence>>> {
        let fingerprint = vault::fingerprint(code);
        if let Some(kept) = self.recent.get(&fingerprint) {
            return Ok(Some(kept));
        }
        let found = licences::by_code(&mut self.app.db.read(), &fingerprint).await?.map(Arc::new);
        if let Some(licence) = found.as_ref().filter(|licence| licence.state.name() == LicenceState::Active) {
            self.recent.insert(fingerprint, licence.clone());
        }
        Ok(found)
    }
}

fn short(from: &str) -> Cow<'_, str> {
    if from.len() <= FROM_MAX && !from.contains(char::is_control) {
        return Cow::Borrowed(from);
    }
    from.chars().filter(|letter| !letter.is_control()).take(FROM_MAX).collect()
}
