//! What follows from events, and what delivery and refunds tell orders.

use kernel::{
    Error, Localized, Result, Thing,
    id::{AccountId, InstanceId, OrderId, OrderLineId, ProductId, SkuId},
};
use messages::Topic;
use platform::Tx;

use crate::{
    AgreedUse, Orders,
    rules::{Content, Line, LineState, Order, OrderKind, OrderRefused, State, StateName},
    store,
};

/// Whether something that is owned has cost anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaidFor {
    Nothing,
    /// All that was paid went back.
    Refunded,
    Kept,
}

impl Orders {
    /// The time for paying is over: an order that still waits ends.
    pub async fn on_payment_due(&self, tx: &mut Tx, id: OrderId) -> Result<()> {
        let Some(order) = store::find(tx, id).await? else { return Ok(()) };
        match order.state {
            State::Placed { due_at } if due_at <= self.app.clock.now() => self.end_if_unpaid(tx, id).await.map(drop),
            State::Placed { .. }
            | State::Paid { .. }
            | State::Completed { .. }
            | State::Cancelled { .. }
            | State::Refunded { .. } => Ok(()),
        }
    }

    /// SKUs have left the shelf for good: orders of them that nobody has paid end. An instalment is still owed for what was
    /// delivered before.
    pub async fn on_off_sale(&self, tx: &mut Tx, skus: &[SkuId]) -> Result<()> {
        for sku in skus {
            for id in store::limits::unpaid_of(tx, *sku).await? {
                if store::lines(tx, id).await?.iter().any(|line| line.content.is_delivered()) {
                    self.end_if_unpaid(tx, id).await?;
                }
            }
        }
        Ok(())
    }

    /// Ends an order that nobody has paid. False: it was paid or has ended before.
    pub async fn end_if_unpaid(&self, tx: &mut Tx, id: OrderId) -> Result<bool> {
        store::take_turn(tx, id).await?;
        let order = self.find(tx, id).await?;
        match order.state {
            State::Placed { .. } => self.end_unpaid(tx, order).await.map(|_| true),
            State::Paid { .. } | State::Completed { .. } | State::Cancelled { .. } | State::Refunded { .. } => {
                Ok(false)
            }
        }
    }

    pub async fn on_cancelled(&self, tx: &mut Tx, id: OrderId) -> Result<()> {
        let Some(order) = store::find(tx, id).await? else { return Ok(()) };
        let title =
            Localized::new(format!("Order {} was cancelled", order.number), format!("订单 {} 已取消", order.number));
        let text = Localized::new(
            format!(
                "The order {} over {} was cancelled before it was paid. Nothing was charged.",
                order.number, order.total
            ),
            format!("订单 {}（{}）在付款前已取消，未产生任何扣款。", order.number, order.total),
        );
        self.messages.tell(tx, order.account, Topic::Order, title, text).await
    }

    /// Buyer and seller learn of a sale, or of a trial.
    pub async fn on_paid(&self, tx: &mut Tx, id: OrderId) -> Result<()> {
        let Some(order) = store::find(tx, id).await? else { return Ok(()) };
        let lines = store::lines(tx, id).await?;
        let Some(line) = lines.first() else { return Ok(()) };
        let bought = told(line, lines.len());
        if let Some(agreed) = line.content.agreed.filter(|agreed| agreed.instalment > 1) {
            return self.tell_instalment(tx, &order, (agreed, &bought)).await;
        }
        let (for_buyer, for_seller) = match order.kind {
            // Whoever moved the end or changes the specification tells of it.
            OrderKind::Renewal | OrderKind::Change | OrderKind::RenewalChange => return Ok(()),
            OrderKind::New => told_of_sale(&order, (&bought, &line.content)),
            OrderKind::Trial => told_of_trial(&order, line),
            OrderKind::Conversion => told_of_conversion(&order, &bought),
        };
        self.messages.tell(tx, order.account, Topic::Order, for_buyer.0, for_buyer.1).await?;
        self.messages.tell(tx, order.seller, Topic::Order, for_seller.0, for_seller.1).await
    }

    /// The lines that an order has sold, with their products: what went back meanwhile was no sale, nor is a trial, another
    /// term or specification, or a later instalment.
    pub async fn sold(&self, tx: &mut Tx, id: OrderId) -> Result<Vec<(OrderLineId, ProductId)>> {
        if !self.find(tx, id).await?.kind.is_sale() {
            return Ok(Vec::new());
        }
        let lines = store::lines(tx, id).await?;
        let kept = lines.iter().filter(|line| matches!(line.state, LineState::Paid | LineState::Delivered));
        let sold = kept.filter(|line| line.content.is_delivered());
        Ok(sold.map(|line| (line.id, line.product)).collect())
    }

    /// A later instalment is paid; nothing is delivered for it.
    async fn tell_instalment(
        &self,
        tx: &mut Tx,
        order: &Order,
        (agreed, bought): (AgreedUse, &Localized),
    ) -> Result<()> {
        let (number, total, AgreedUse { instalment, of, .. }) = (&order.number, order.total, agreed);
        let title = Localized::new(
            format!("Instalment {instalment} of {of} is paid: {total}"),
            format!("第 {instalment}/{of} 期已支付：{total}"),
        );
        let text = Localized::new(
            format!("Order {number} over {total} for {} was paid as agreed in the private offer.", bought.en),
            format!("「{}」的订单 {number}（{total}）已按专属报价约定支付。", bought.zh),
        );
        self.messages.tell(tx, order.account, Topic::Order, title.clone(), text.clone()).await?;
        self.messages.tell(tx, order.seller, Topic::Order, title, text).await
    }

    pub async fn find(&self, tx: &mut Tx, id: OrderId) -> Result<Order> {
        store::find(tx, id).await?.ok_or(Error::NotFound(Thing::Order))
    }

    pub async fn lines(&self, tx: &mut Tx, id: OrderId) -> Result<Vec<Line>> {
        store::lines(tx, id).await
    }

    pub async fn line(&self, tx: &mut Tx, id: OrderLineId) -> Result<Line> {
        store::find_line(tx, id).await?.ok_or(Error::NotFound(Thing::OrderLine))
    }

    /// What was paid for something that is owned: with its first line, with renewals and with changes.
    pub async fn paid_for(
        &self,
        tx: &mut Tx,
        account: AccountId,
        (instance, first): (InstanceId, OrderLineId),
    ) -> Result<PaidFor> {
        let (kept, refunded) = store::limits::paid_lines(tx, account, (instance, first)).await?;
        Ok(if kept > 0 {
            PaidFor::Kept
        } else if refunded > 0 {
            PaidFor::Refunded
        } else {
            PaidFor::Nothing
        })
    }

    /// A line has become an instance; with the last one, the order is complete.
    pub async fn line_delivered(&self, tx: &mut Tx, line: &Line) -> Result<()> {
        store::take_turn(tx, line.order).await?;
        store::move_line(tx, line.id, LineState::Paid, LineState::Delivered).await?;
        let order = self.find(tx, line.order).await?;
        let lines = store::lines(tx, line.order).await?;
        self.complete(tx, order, &lines).await.map(drop)
    }

    /// An order is complete when none of its lines waits for its delivery any more.
    async fn complete(&self, tx: &mut Tx, order: Order, lines: &[Line]) -> Result<Order> {
        let from = order.state.name();
        if from != StateName::Paid || lines.iter().any(|line| line.state == LineState::Paid) {
            return Ok(order);
        }
        let order = order.complete(self.app.clock.now())?;
        store::save(tx, &order, from).await?;
        Ok(order)
    }

    /// A buyer who returned what was bought may use its coupons again.
    pub async fn give_coupons_back(&self, tx: &mut Tx, order: OrderId) -> Result<()> {
        self.offers.give_back(tx, order).await
    }

    /// A line's money goes back; with the last one, the order is refunded. The caller moves the money.
    pub async fn line_refunded(&self, tx: &mut Tx, line: &Line) -> Result<Order> {
        store::take_turn(tx, line.order).await?;
        let order = self.find(tx, line.order).await?;
        match line.state {
            LineState::Paid | LineState::Delivered => {}
            LineState::Placed | LineState::Cancelled | LineState::Refunded => {
                return Err(OrderRefused::WrongState { state: order.state.name(), wanted: StateName::Refunded }.into());
            }
        }
        store::move_line(tx, line.id, line.state, LineState::Refunded).await?;
        self.give_back_line(tx, line).await?;
        let lines = store::lines(tx, line.order).await?;
        if lines.iter().any(|other| other.state != LineState::Refunded) {
            return self.complete(tx, order, &lines).await;
        }
        let from = order.state.name();
        let order = order.refund(self.app.clock.now())?;
        store::save(tx, &order, from).await?;
        if order.kind == OrderKind::Trial {
            self.catalogue.give_trial_back(tx, order.id).await?;
        }
        Ok(order)
    }
}

/// What was bought, in one name.
fn told(line: &Line, lines: usize) -> Localized {
    let title = &line.content.title;
    match lines.saturating_sub(1) {
        0 => title.clone(),
        more => Localized::new(format!("{} and {more} more", title.en), format!("{}等 {lines} 项", title.zh)),
    }
}

/// Title and text of a message.
type Told = (Localized, Localized);

fn told_of_sale(order: &Order, (bought, content): (&Localized, &Content)) -> (Told, Told) {
    let (number, total) = (&order.number, order.total);
    let text = if content.package.is_some() && content.charges_use() {
        Localized::new(
            format!(
                "You paid {total} for {}. It is being delivered. What you use beyond the package is charged as you use it.",
                bought.en
            ),
            format!("您已为「{}」支付 {total}，正在交付。超出套餐包的用量按实际用量扣费。", bought.zh),
        )
    } else if content.by_use.is_some() {
        Localized::new(
            format!("You paid {total} for opening {}. What you use of it is charged as you use it.", bought.en),
            format!("您已支付 {total} 开通「{}」，之后按实际用量扣费。", bought.zh),
        )
    } else {
        Localized::new(
            format!("You paid {total} for {}. It is being delivered.", bought.en),
            format!("您已为「{}」支付 {total}，正在交付。", bought.zh),
        )
    };
    let for_buyer = (Localized::new(format!("Order {number} is paid"), format!("订单 {number} 已付款")), text);
    let for_seller = (
        Localized::new(format!("Sold: {}", bought.en), format!("售出：{}", bought.zh)),
        Localized::new(
            format!("Order {number} over {total} was paid. The money is in escrow until settlement."),
            format!("订单 {number} 已付款 {total}，款项由平台托管至结算。"),
        ),
    );
    (for_buyer, for_seller)
}

fn told_of_conversion(order: &Order, bought: &Localized) -> (Told, Told) {
    let (number, total) = (&order.number, order.total);
    let for_buyer = (
        Localized::new(format!("Bought after the trial: {}", bought.en), format!("试用已转正式：{}", bought.zh)),
        Localized::new(
            format!("You paid {total} with order {number}. {} goes on as it is; its paid term has begun.", bought.en),
            format!("订单 {number} 已支付 {total}。「{}」继续使用，付费期限自下单时起算。", bought.zh),
        ),
    );
    let for_seller = (
        Localized::new(format!("Sold after a trial: {}", bought.en), format!("试用客户已购买：{}", bought.zh)),
        Localized::new(
            format!("Order {number} over {total} was paid. The money is in escrow until settlement."),
            format!("订单 {number} 已付款 {total}，款项由平台托管至结算。"),
        ),
    );
    (for_buyer, for_seller)
}

fn told_of_trial(order: &Order, line: &Line) -> (Told, Told) {
    let (number, tried, days) = (&order.number, &line.content.title, line.content.quote.periods);
    let for_buyer = (
        Localized::new(format!("Trial begun: {}", tried.en), format!("试用已开始：{}", tried.zh)),
        Localized::new(
            format!("You try {} for {days} days and pay nothing. It is being opened.", tried.en),
            format!("您可免费试用「{}」{days} 天，正在开通。", tried.zh),
        ),
    );
    let for_seller = (
        Localized::new(format!("Being tried: {}", tried.en), format!("有客户试用：{}", tried.zh)),
        Localized::new(
            format!("The order {number} is a trial of {days} days. Whose it is stands with the order."),
            format!("订单 {number} 为 {days} 天的试用，客户信息见订单详情。"),
        ),
    );
    (for_buyer, for_seller)
}
