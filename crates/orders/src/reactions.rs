//! What follows from events, and what delivery and refunds tell orders.

use kernel::{
    Error, Localized, Result, Thing,
    id::{OrderId, OrderLineId, SkuId},
};
use messages::Topic;
use platform::Tx;

use crate::{
    AgreedUse, Orders,
    rules::{Line, LineState, Order, OrderRefused, State, StateName},
    store,
};

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

    /// Buyer and seller learn of a sale.
    pub async fn on_paid(&self, tx: &mut Tx, id: OrderId) -> Result<()> {
        let Some(order) = store::find(tx, id).await? else { return Ok(()) };
        let lines = store::lines(tx, id).await?;
        let Some(line) = lines.first() else { return Ok(()) };
        let (number, total, bought) = (&order.number, order.total, told(line, lines.len()));
        if let Some(agreed) = line.content.agreed.filter(|agreed| agreed.instalment > 1) {
            return self.tell_instalment(tx, &order, (agreed, &bought)).await;
        }
        let title = Localized::new(format!("Order {number} is paid"), format!("订单 {number} 已付款"));
        let text = if line.content.by_use.is_some() {
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
        self.messages.tell(tx, order.account, Topic::Order, title, text).await?;
        let title = Localized::new(format!("Sold: {}", bought.en), format!("售出：{}", bought.zh));
        let text = Localized::new(
            format!("Order {number} over {total} was paid. The money is in escrow until settlement."),
            format!("订单 {number} 已付款 {total}，款项由平台托管至结算。"),
        );
        self.messages.tell(tx, order.seller, Topic::Order, title, text).await
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
