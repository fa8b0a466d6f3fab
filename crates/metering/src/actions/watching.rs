//! Looking after packages: telling of what runs low, buying again within what was agreed to, stopping what is used up.

use std::collections::BTreeSet;

use accounts::{Buyer, Permission};
use kernel::{
    Error, Event, Invalid, Localized, Money, Result, Timestamp,
    id::{InstanceId, OrderId, OrderLineId},
};
use messages::Topic;
use orders::{After, LineState, Order, Wish};
use platform::{Tx, jobs};
use pricing::USAGE_SCALE;
use rust_decimal::Decimal;

use super::packages::{Standing, key_of};
use crate::{
    Metering,
    rules::{
        package::{Act, Again, Held, Look, PackageTrouble, Threshold, Tried, Watch, told},
        refused::MeteringRefused,
    },
    store::packages,
};

/// What a buyer wants of a package while it is used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) alarm: Option<Threshold>,
    pub(crate) again: Option<WantedAgain>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct WantedAgain {
    /// None: when it is used up.
    pub(crate) at: Option<Threshold>,
    pub(crate) price_max: Money,
}

/// Why a package was not bought again.
enum Why {
    Funds { price: Money, missing: Money },
    Price { price: Money, max: Money },
    NotSold(Localized),
    NoRight,
    NotDelivered,
}

/// A package that is held with those beside it, and how it stands.
struct Seen {
    held: Held,
    look: Look,
}

impl Metering {
    async fn see(&self, tx: &mut Tx, id: InstanceId) -> Result<Option<Seen>> {
        let Some(found) = packages::find(tx, id).await? else { return Ok(None) };
        let now = self.app.clock.now();
        let pools = self.hold_pools(tx, &BTreeSet::from([key_of(&found)]), now).await?;
        let Some(mut pool) = pools.into_values().next() else { return Ok(None) };
        let Some(place) = pool.held.iter().position(|held| held.instance == id) else { return Ok(None) };
        let (look, held) = (pool.look(place, now), pool.held.get(place).cloned());
        let (Some(look), Some(held)) = (look, held) else { return Ok(None) };
        Ok(Some(Seen { held, look }))
    }

    /// Sets the timer of the next look.
    pub(super) async fn look_after(&self, tx: &mut Tx, id: InstanceId) -> Result<()> {
        let Some(Seen { held, look }) = self.see(tx, id).await? else { return Ok(()) };
        let now = self.app.clock.now();
        let policy = self.policies.current().await?;
        let rules = (&policy.packages, &policy.zone());
        let due = held.next_due(&look, rules, now);
        packages::save(tx, &Held { due_at: due, ..held }).await?;
        match due {
            Some(due) => jobs::schedule(tx, now, due, &Event::PackageDue { instance: id }).await,
            None => Ok(()),
        }
    }

    /// It is time to look after a package, as it was when the timer was set.
    pub async fn on_package_due(&self, tx: &mut Tx, id: InstanceId) -> Result<()> {
        let Some(Seen { mut held, look }) = self.see(tx, id).await? else { return Ok(()) };
        let now = self.app.clock.now();
        if held.due_at.is_none_or(|due| due > now) {
            return Ok(());
        }
        let policy = self.policies.current().await?;
        for act in held.due(&look, (&policy.packages, &policy.zone()), now) {
            match act {
                Act::Alarm => {
                    held.watch.told_in = Some(look.filling.from);
                    self.tell_of_low(tx, &held, &look).await?;
                }
                Act::Buy => held = self.buy_again(tx, held, &look).await?,
                Act::Stop => {
                    held.stopped_at = Some(now);
                    self.stop(tx, &held).await?;
                }
                Act::Resume => {
                    held.stopped_at = None;
                    let instance = self.instances.find(tx, id).await?;
                    self.deliveries.unfreeze(tx, &instance).await?;
                }
                Act::Notice(days) => {
                    held.noticed = Some(days);
                    self.tell_of_end(tx, &held, &look).await?;
                }
            }
        }
        packages::save(tx, &Held { due_at: None, ..held }).await?;
        self.look_after(tx, id).await
    }

    /// Looking after a package failed until its job was laid aside: what was to be bought was not, and is tried again.
    pub async fn on_package_given_up(&self, tx: &mut Tx, id: InstanceId) -> Result<()> {
        let Some(Seen { held, look }) = self.see(tx, id).await? else { return Ok(()) };
        let now = self.app.clock.now();
        let policy = self.policies.current().await?;
        let due = held.due(&look, (&policy.packages, &policy.zone()), now);
        if due.contains(&Act::Buy) {
            let text = Localized::new("something went wrong on our side", "平台处理时发生错误");
            let held = self.not_bought(tx, held, &look, Why::NotSold(text)).await?;
            packages::save(tx, &held).await?;
        }
        self.look_after(tx, id).await
    }

    /// Buys the same package again within what was agreed to, or says why not.
    async fn buy_again(&self, tx: &mut Tx, held: Held, look: &Look) -> Result<Held> {
        let Some(again) = held.watch.again.clone() else { return Ok(held) };
        let Some(buyer) = self.accounts.acting_again(tx, again.agreed_by).await? else {
            return self.not_bought(tx, held, look, Why::NoRight).await;
        };
        let line = self.orders.line(tx, held.line).await?;
        let quoted = self.orders.quote_with(tx, &buyer, line.sku, &Wish::of(line.content.choice.clone())).await;
        let quote = match quoted {
            Ok(quote) => quote,
            Err(why @ (Error::Refused(_) | Error::NotFound(_))) => {
                return self.not_bought(tx, held, look, Why::NotSold(why.text())).await;
            }
            Err(other) => return Err(other),
        };
        // Nothing else than what was agreed to: the same package, for no more.
        if !quote.content.package.as_ref().is_some_and(|package| held.is_like(package)) {
            let text = Localized::new("what it holds has changed", "套餐包的内容已变更");
            return self.not_bought(tx, held, look, Why::NotSold(text)).await;
        }
        let price = quote.content.quote.total;
        if price.currency() != again.price_max.currency() || price.minor() > again.price_max.minor() {
            return self.not_bought(tx, held, look, Why::Price { price, max: again.price_max }).await;
        }
        if let After::Missing(missing) = self.orders.cover(tx, &buyer, price).await?.after {
            return self.not_bought(tx, held, look, Why::Funds { price, missing }).await;
        }
        // What is refused halfway leaves nothing behind, and keeps nothing else from being done.
        packages::attempt(tx).await?;
        let order = match self.orders.buy(tx, &buyer, quote.id).await {
            Ok(order) => order,
            Err(why @ (Error::Refused(_) | Error::NotFound(_))) => {
                packages::take_back(tx).await?;
                return self.not_bought(tx, held, look, Why::NotSold(why.text())).await;
            }
            Err(other) => return Err(other),
        };
        packages::keep(tx).await?;
        let bought = self.orders.lines(tx, order.id).await?.into_iter().next();
        self.tell_of_purchase(tx, &held, &order).await?;
        // How often it was tried counts on if this is not delivered.
        let again = Some(Again { order: Some(order.id), ..again });
        Ok(Held { again: bought.map(|line| line.id), watch: Watch { again, ..held.watch.clone() }, ..held })
    }

    /// A line was not delivered and will be paid back: if a package was bought again by it, that is tried again.
    pub async fn on_not_delivered(&self, tx: &mut Tx, line: OrderLineId) -> Result<()> {
        let Some(found) = packages::bought_again_by(tx, line).await? else { return Ok(()) };
        if self.orders.line(tx, line).await?.state != LineState::Paid {
            return Ok(());
        }
        let Some(Seen { held, look }) =
            self.see(tx, found.instance).await?.filter(|seen| seen.held.again == Some(line))
        else {
            return Ok(());
        };
        let again = held.watch.again.clone().map(|again| Again { order: None, ..again });
        let held = Held { again: None, watch: Watch { again, ..held.watch.clone() }, ..held };
        let held = self.not_bought(tx, held, &look, Why::NotDelivered).await?;
        packages::save(tx, &held).await?;
        self.look_after(tx, held.instance).await
    }

    /// The buyer is told of each reason once in a filling, and with the last try.
    async fn not_bought(&self, tx: &mut Tx, held: Held, look: &Look, why: Why) -> Result<Held> {
        let now = self.app.clock.now();
        let Some(again) = held.watch.again.clone() else { return Ok(held) };
        let before = again.tries(look.filling);
        let trouble = why.trouble();
        let times = before.map_or(0, |tried| tried.times) + 1;
        let rules = &self.policies.current().await?.packages;
        let is_last = times >= rules.tries;
        if is_last || before.is_none_or(|tried| tried.trouble != trouble) {
            self.tell_not_bought(tx, &held, (&why, is_last)).await?;
        }
        let tried = Some(Tried { filling: look.filling.from, times, at: now, trouble });
        Ok(Held { watch: Watch { again: Some(Again { tried, ..again }), ..held.watch.clone() }, ..held })
    }

    /// Says what is wanted of a package, from now on.
    pub(crate) async fn set_watch(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        id: InstanceId,
        wanted: Wanted,
    ) -> Result<Standing> {
        buyer.may(Permission::Buy)?;
        let now = self.app.clock.now();
        let found = self.package(tx, buyer, id).await?;
        let Some(held) = self.hold_package(tx, id).await?.filter(|held| held.is_open(now)) else {
            return Err(MeteringRefused::Ended.into());
        };
        let Wanted { alarm, again } = wanted;
        let mut wrong = Invalid::default();
        let amount = found.held.package.amount;
        check_threshold(alarm, (amount, "alarm"), &mut wrong);
        let currency = self.orders.line(tx, held.line).await?.amount.currency();
        if let Some(again) = again {
            buyer.may(Permission::Pay)?;
            check_threshold(again.at, (amount, "again.at"), &mut wrong);
            let fits = again.price_max.currency() == currency && again.price_max.is_positive();
            let hint = (format!("must be more than nothing, in {currency}"), format!("须大于零，币种为 {currency}"));
            wrong.check(fits, "again.price_max", hint);
        }
        wrong.done()?;
        if again.is_some() && held.again.is_some() {
            return Err(MeteringRefused::BoughtAgain.into());
        }
        let before = held.watch.clone();
        let may_pay = buyer.may(Permission::Pay).is_ok();
        let again = match again {
            Some(WantedAgain { at, price_max }) => {
                // How soon it may be bought does not change with what is agreed to.
                let bought_at = before.again.and_then(|again| again.bought_at);
                let agreed_by = buyer.user();
                Some(Again { at, price_max, agreed_at: now, agreed_by, tried: None, bought_at, order: None })
            }
            // What came of it stays to be seen; who may not pay leaves it as somebody else has agreed to it.
            None => before.again.filter(|again| again.order.is_some() || !may_pay),
        };
        let told_in = before.told_in.filter(|_| before.alarm == alarm);
        packages::save(tx, &Held { watch: Watch { alarm, told_in, again }, ..held }).await?;
        self.look_after(tx, id).await?;
        self.package(tx, buyer, id).await
    }

    /// A package is used up and nothing else covers the use: its buyer is kept out until it is full again.
    async fn stop(&self, tx: &mut Tx, held: &Held) -> Result<()> {
        let instance = self.instances.find(tx, held.instance).await?;
        self.deliveries.freeze(tx, &instance).await?;
        let bought = &held.title;
        let title = Localized::new(format!("{} is used up", bought.en), format!("「{}」已用完", bought.zh));
        let text = Localized::new(
            "Nothing is charged beyond this package, so that nothing more can be used of it until it is full again or another one \
             is bought.",
            "该套餐包用完即停，不产生超出费用；待下一周期重置或购买新的套餐包后可继续使用。",
        );
        self.messages.tell(tx, held.account, Topic::Licence, title.clone(), text).await?;
        let text = Localized::new(
            "A customer has used up a package beyond which nothing is charged. Your system is told to keep the buyer out; records \
             that begin after that are refused.",
            "买家的套餐包已用完，超出部分不计费。已通知贵方系统停止服务，此后开始的用量记录将被拒绝。",
        );
        self.messages.tell(tx, held.seller, Topic::Delivery, title, text).await
    }

    async fn tell_of_low(&self, tx: &mut Tx, held: &Held, look: &Look) -> Result<()> {
        let (bought, left) = (&held.title, told(look.left, &held.package));
        let whole = told(look.amount, &held.package);
        let title = Localized::new(format!("{} is running low", bought.en), format!("「{}」余量不足", bought.zh));
        let text = Localized::new(
            format!("{} of {} left; you asked to be told at this level.", left.en, whole.en),
            format!("剩余 {}（共 {}），已达到您设置的告警值。", left.zh, whole.zh),
        );
        self.messages.tell(tx, held.account, Topic::Licence, title, text).await
    }

    async fn tell_of_end(&self, tx: &mut Tx, held: &Held, look: &Look) -> Result<()> {
        let zone = self.policies.current().await?.zone();
        let (bought, day) = (&held.title, held.term.until.format("%Y-%m-%d %H:%M", &zone));
        let left = told(look.left, &held.package);
        let title = Localized::new(format!("{} ends soon", bought.en), format!("「{}」即将到期", bought.zh));
        let text = if look.left == 0 {
            Localized::new(format!("It ends on {day}, and is used up now."), format!("将于 {day} 到期，目前已用完。"))
        } else {
            Localized::new(
                format!("It ends on {day}. Left now: {}. What is left then lapses.", left.en),
                format!("将于 {day} 到期。目前剩余 {}，到期后未使用的部分失效。", left.zh),
            )
        };
        self.messages.tell(tx, held.account, Topic::Licence, title, text).await
    }

    async fn tell_of_purchase(&self, tx: &mut Tx, held: &Held, order: &Order) -> Result<()> {
        let (bought, price) = (&held.title, order.total);
        let title = Localized::new(format!("Bought again: {}", bought.en), format!("已自动复购：{}", bought.zh));
        let text = Localized::new(
            format!("Order {}: {price} was paid from your wallet, as you agreed to.", order.number),
            format!("订单 {}：已按您的授权从钱包支付 {price}。", order.number),
        );
        self.messages.tell(tx, held.account, Topic::Order, title, text).await
    }

    async fn tell_not_bought(&self, tx: &mut Tx, held: &Held, (why, is_last): (&Why, bool)) -> Result<()> {
        let bought = &held.title;
        let title = Localized::new(format!("Not bought again: {}", bought.en), format!("自动复购失败：{}", bought.zh));
        let why = why.text();
        let hours = self.policies.current().await?.packages.retry_hours;
        let (en, zh) = if is_last {
            ("It is not tried again by itself.".to_owned(), "系统不再自动重试。".to_owned())
        } else {
            (format!("It is tried again in {hours} hours."), format!("{hours} 小时后自动重试。"))
        };
        let text = Localized::new(format!("{} {en}", why.en), format!("{}{zh}", why.zh));
        self.messages.tell(tx, held.account, Topic::Order, title, text).await
    }
}

/// The order by which a package was bought again, and what keeps it from being, as far as that is known.
pub(crate) fn came_of(again: &Again) -> (Option<OrderId>, Option<(PackageTrouble, Timestamp)>) {
    let tried = again.tried.filter(|_| again.order.is_none());
    (again.order, tried.map(|tried| (tried.trouble, tried.at)))
}

fn check_threshold(threshold: Option<Threshold>, (amount, field): (Decimal, &str), wrong: &mut Invalid) {
    match threshold {
        None => {}
        Some(Threshold::Share { percent }) => {
            let hint = ("must be from 1 to 99", "须为 1 到 99");
            wrong.check((1..=99).contains(&percent), format!("{field}.percent"), hint);
        }
        Some(Threshold::Amount { quantity }) => {
            let quantity = quantity.normalize();
            let fits = quantity > Decimal::ZERO && quantity < amount && quantity.scale() <= USAGE_SCALE;
            let hint = (
                format!("must be more than 0 and less than {amount}, with at most {USAGE_SCALE} decimals"),
                format!("须大于 0 且小于 {amount}，最多 {USAGE_SCALE} 位小数"),
            );
            wrong.check(fits, format!("{field}.quantity"), hint);
        }
    }
}

impl Why {
    fn trouble(&self) -> PackageTrouble {
        match self {
            Self::Funds { .. } => PackageTrouble::Funds,
            Self::Price { .. } => PackageTrouble::Price,
            Self::NotSold(_) => PackageTrouble::NotSold,
            Self::NoRight => PackageTrouble::NoRight,
            Self::NotDelivered => PackageTrouble::NotDelivered,
        }
    }

    fn text(&self) -> Localized {
        match self {
            Self::Funds { price, missing } => Localized::new(
                format!("It costs {price}, and your wallet lacks {missing}. Top it up."),
                format!("价格为 {price}，钱包余额还差 {missing}，请充值。"),
            ),
            Self::Price { price, max } => Localized::new(
                format!(
                    "It costs {price} now, and you agreed to {max} at most. Agree to a higher price, or buy it yourself."
                ),
                format!("现价为 {price}，超过您授权的最高价 {max}。可提高授权价格或自行购买。"),
            ),
            Self::NotSold(why) => Localized::new(
                format!("It cannot be bought as it was: {}.", why.en.trim_end_matches('.')),
                format!("无法按原规格购买：{}。", why.zh.trim_end_matches('。')),
            ),
            Self::NoRight => Localized::new(
                "Whoever agreed to it may not buy for your account any more. Somebody who may has to agree to it.",
                "授权人已无权为该账号购买，须由有权限的成员重新授权。",
            ),
            Self::NotDelivered => Localized::new(
                "It was paid, could not be delivered, and was paid back.",
                "已支付的订单未能交付，款项已全额退回。",
            ),
        }
    }
}
