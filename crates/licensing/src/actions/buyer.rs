//! A licence as its buyer and its seller see it.

use accounts::{Buyer, Permission, Seller};
use kernel::{Error, Invalid, Page, Result, Thing, id::InstanceId, page::PageOf};
use platform::Tx;

use crate::{
    Licensing,
    rules::{self, Licence, LicenceEventKind},
    store::{
        days::{self, DaySeen, Total, UsageDay},
        licences::{self, LicenceEvent},
    },
};

/// A licence with what tells codes apart and when it was seen.
pub(crate) struct LicenceView {
    pub(crate) licence: Licence,
    pub(crate) hint: String,
    pub(crate) seen: Total,
}

/// A month of heartbeats and reported use.
pub(crate) struct Month {
    pub(crate) days: Vec<DaySeen>,
    pub(crate) usage: Vec<UsageDay>,
}

impl Licensing {
    /// The licence of an instance that the buyer owns.
    pub(crate) async fn of_buyer(&self, tx: &mut Tx, buyer: &Buyer, instance: InstanceId) -> Result<Licence> {
        buyer.may(Permission::View)?;
        self.instances.find_for(tx, buyer.account(), instance).await?;
        licences::of_instance(tx, instance).await?.ok_or(Error::NotFound(Thing::Licence))
    }

    /// The licence of an instance that the seller sold.
    pub(crate) async fn of_seller(&self, tx: &mut Tx, seller: &Seller, instance: InstanceId) -> Result<Licence> {
        seller.may(Permission::View)?;
        self.instances.find_for_seller(tx, seller.account(), instance).await?;
        licences::of_instance(tx, instance).await?.ok_or(Error::NotFound(Thing::Licence))
    }

    pub(crate) async fn view(&self, tx: &mut Tx, licence: Licence) -> Result<LicenceView> {
        let hint = rules::hint(&self.code(tx, licence.id).await?);
        let seen = days::total(tx, &licence).await?;
        Ok(LicenceView { licence, hint, seen })
    }

    /// Shows the buyer the code, and writes down that it was shown.
    pub async fn reveal(&self, tx: &mut Tx, buyer: &Buyer, instance: InstanceId) -> Result<String> {
        buyer.may(Permission::Use)?;
        let licence = self.of_buyer(tx, buyer, instance).await?;
        licences::add_event(tx, &licence, LicenceEventKind::Revealed, self.app.clock.now(), Some(buyer.from())).await?;
        self.code(tx, licence.id).await
    }

    pub(crate) async fn history(&self, tx: &mut Tx, licence: &Licence, page: PageOf) -> Result<Page<LicenceEvent>> {
        licences::events(tx, licence, page).await
    }

    pub(crate) async fn history_for_seller(
        &self,
        tx: &mut Tx,
        licence: &Licence,
        page: PageOf,
    ) -> Result<Page<LicenceEvent>> {
        licences::events_for_seller(tx, licence, page).await
    }

    /// The days of a month like `2026-11`; the present month unless told.
    pub(crate) async fn month(&self, tx: &mut Tx, licence: &Licence, month: Option<&str>) -> Result<Month> {
        let month = match month {
            Some(month) if is_month(month) => month.to_owned(),
            Some(_) => {
                return Err(Invalid::one("month", ("must be a month like 2026-11", "须为月份，例如 2026-11")).into());
            }
            None => self.app.clock.now().format("%Y-%m", &self.policies.current().await?.zone()),
        };
        let (first, last) = (format!("{month}-01"), format!("{month}-31"));
        let days = days::between(tx, licence, &first, &last).await?;
        let usage = days::usage_between(tx, licence, &first, &last).await?;
        Ok(Month { days, usage })
    }
}

fn is_month(text: &str) -> bool {
    let digits = |part: &str, length: usize| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
    text.split_once('-').is_some_and(|(year, month)| digits(year, 4) && digits(month, 2))
}
