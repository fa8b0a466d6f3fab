//! Quoting, ordering, paying, cancelling.

use std::collections::BTreeMap;

use accounts::{Accounts, Buyer, Operator, Permission, Seller, StaffPermission};
use catalogue::{Catalogue, ContactData, Offer, PurchaseRules};
use kernel::{
    Error, Event, Invalid, Localized, Money, Page, Result, Thing, Timestamp,
    id::{AccountId, CouponId, OrderId, OrderLineId, QuoteId, SkuId},
    page::PageOf,
    rate::BASIS_POINTS,
};
use messages::Messages;
use offers::{Coupons, Offers, Priced};
use payments::Payments;
use platform::{App, Tx, jobs};
use policy::{Policies, Policy};
use pricing::{Billing, Choice, OnDemand, Overage, Package, Quote};

use crate::{
    Orders, Parts,
    asking::Asked,
    rules::{
        self, Content, Cover, Customer, Line, LineState, Listed, Obstacle, Order, OrderRefused, State, StateName,
        StoredQuote, Terms, Wanted, Wish,
    },
    store,
};

/// A choice before it is accepted: what it comes to, who sells it, whether the wallet covers it, and what is in the way.
pub(crate) struct Checkout {
    pub(crate) quote: StoredQuote,
    /// What was wished for; a coupon may have taken the place of the authorisation for a customer.
    pub(crate) wish: Wish,
    pub(crate) seller: String,
    pub(crate) cover: Cover,
    pub(crate) coupons: Coupons,
    /// The customers for whom a reseller buys for less.
    pub(crate) resold_to: Vec<(AccountId, String)>,
    pub(crate) may_pay: bool,
    /// What another term would cost now, where it can be agreed to.
    pub(crate) again: Option<Money>,
    pub(crate) obstacle: Option<Obstacle>,
    /// How many returns without a reason an account has in a calendar year.
    pub(crate) returns_a_year: u32,
    pub(crate) asked: Asked,
}

impl Orders {
    pub fn new(
        app: App,
        (policies, accounts, messages): (Policies, Accounts, Messages),
        (catalogue, payments, offers): (Catalogue, Payments, Offers),
    ) -> Self {
        Self::of(Parts { app, policies, accounts, messages, catalogue, payments, offers })
    }

    /// Computes a price for a buyer and keeps it for a while.
    pub async fn quote(&self, tx: &mut Tx, buyer: &Buyer, sku: SkuId, choice: &Choice) -> Result<StoredQuote> {
        self.quote_with(tx, buyer, sku, &Wish::of(choice.clone())).await
    }

    /// The same with coupons of the buyer's, which an order that accepts the quote uses up, and for a customer that a
    /// reseller sells on to.
    pub async fn quote_with(&self, tx: &mut Tx, buyer: &Buyer, sku: SkuId, wish: &Wish) -> Result<StoredQuote> {
        buyer.may(Permission::Buy)?;
        let quote = self.price(tx, buyer, sku, wish).await?;
        let quote = self.replied(tx, quote, &wish.replies).await?;
        store::insert_quote(tx, &quote).await?;
        Ok(quote)
    }

    /// Computes what somebody has seen and keeps it, if it is still the same: the price, its explanation, its terms.
    pub(crate) async fn quote_as_seen(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (sku, wish): (SkuId, &Wish),
        seen: &str,
    ) -> Result<StoredQuote> {
        let quote = self.quote_with(tx, buyer, sku, wish).await?;
        if quote.content.seen() == seen { Ok(quote) } else { Err(OrderRefused::OfferChanged.into()) }
    }

    /// What a choice comes to for a buyer now. Nothing is kept.
    pub(crate) async fn price(&self, tx: &mut Tx, buyer: &Buyer, sku: SkuId, wish: &Wish) -> Result<StoredQuote> {
        let Wish { choice, coupons, customer, renew_up_to, replies: _ } = wish;
        let offer = self.catalogue.offer_to(tx, buyer, sku).await?;
        let policy = self.policies.current().await?;
        let now = self.app.clock.now();
        let content = content(&offer, choice, &policy)?;
        let content = self.lowered(tx, buyer.account(), (&offer, content), (coupons, *customer)).await?;
        let goes_on = match renew_up_to {
            Some(max) => Some(self.agree_to_renewals(tx, buyer, (&offer, choice, *customer), *max).await?),
            None => None,
        };
        let content = Content { goes_on, ..content };
        Ok(StoredQuote {
            id: QuoteId::new(now),
            account: buyer.account(),
            seller: offer.seller,
            product: offer.product,
            revision: offer.revision,
            sku,
            content,
            created_at: now,
            expires_at: now.plus_seconds(i64::from(policy.orders.quote_minutes) * 60),
        })
    }

    /// A price of the list less what a seller's discount, a resale and coupons take off it, with its tax.
    pub(crate) async fn lowered(
        &self,
        tx: &mut Tx,
        buyer: AccountId,
        (offer, content): (&Offer, Content),
        (coupons, customer): (&[CouponId], Option<AccountId>),
    ) -> Result<Content> {
        let list = (content.quote.clone(), &content.choice);
        let priced = self.offers.lower(tx, buyer, offer, list, (coupons, customer)).await?;
        self.priced(offer, content, priced).await
    }

    /// What was asked for at the price that all that lowers it has left.
    pub(crate) async fn priced(&self, offer: &Offer, mut content: Content, priced: Priced) -> Result<Content> {
        if let Some(resale) = &priced.resale {
            content.terms.fee_basis_points = BASIS_POINTS.saturating_sub(resale.seller_basis_points);
        }
        let policy = self.policies.current().await?;
        (content.quote, content.discount) = (offer.taxed(priced.quote, &policy)?, priced.discount);
        (content.resale, content.coupons) = (priced.resale, priced.coupons);
        Ok(content)
    }

    pub async fn find_quote(&self, tx: &mut Tx, buyer: &Buyer, id: QuoteId) -> Result<StoredQuote> {
        buyer.may(Permission::View)?;
        store::find_quote_for(tx, buyer.account(), id).await?.ok_or(Error::NotFound(Thing::Quote))
    }

    /// Accepts a quote; the order waits for its payment.
    pub async fn place(&self, tx: &mut Tx, buyer: &Buyer, quote: QuoteId) -> Result<Order> {
        let (order, line, due_at, rules) = self.accept(tx, buyer, quote).await?;
        self.holds_no_piece(tx, &line, &rules).await?;
        store::insert(tx, &order, due_at).await?;
        store::insert_line(tx, &line, quote).await?;
        self.take_piece(tx, &line, &rules).await?;
        jobs::schedule(tx, order.placed_at, due_at, &Event::OrderPaymentDue { order: order.id }).await?;
        Ok(order)
    }

    /// Accepts a quote and pays it from the wallet in the same transaction.
    pub async fn buy(&self, tx: &mut Tx, buyer: &Buyer, quote: QuoteId) -> Result<Order> {
        buyer.may(Permission::Pay)?;
        let (order, line, due_at, rules) = self.accept(tx, buyer, quote).await?;
        let order = order.pay(self.app.clock.now())?;
        let line = Line { state: LineState::Paid, ..line };
        store::insert(tx, &order, due_at).await?;
        store::insert_line(tx, &line, quote).await?;
        self.take_piece(tx, &line, &rules).await?;
        self.payments.charge(tx, order.account, order.id, &[(line.id, line.amount)]).await?;
        jobs::publish(tx, order.placed_at, &Event::OrderPaid { order: order.id }).await?;
        Ok(order)
    }

    pub(crate) async fn accept(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        quote: QuoteId,
    ) -> Result<(Order, Line, Timestamp, PurchaseRules)> {
        buyer.may(Permission::Buy)?;
        if !buyer.is_verified() {
            return Err(OrderRefused::Unverified.into());
        }
        let now = self.app.clock.now();
        let quote = store::find_quote_for(tx, buyer.account(), quote).await?.ok_or(Error::NotFound(Thing::Quote))?;
        if quote.seller == buyer.account() {
            return Err(OrderRefused::OwnProduct.into());
        }
        // The price is kept, but what has left the shelf is not sold any more.
        let offer = self.catalogue.offer_to(tx, buyer, quote.sku).await?;
        let policy = self.policies.current().await?;
        if let Some(later) = sold_later(&offer, &policy) {
            return Err(OrderRefused::NotYet(later).into());
        }
        self.may_use(tx, quote.account, (&quote.content, quote.content.quote.total), &policy).await?;
        self.nothing_is_missing(tx, &quote).await?;
        let zone = policy.zone();
        let order = quote.accept(rules::order_number(now, &zone, rand::random()), now)?;
        self.offers.consume(tx, buyer.account(), &offer, (order.id, &quote.content.coupons)).await?;
        let State::Placed { due_at } = order.state else { return Err(Error::fault("a new order is placed")) };
        let line = Line {
            id: OrderLineId::new(now),
            order: order.id,
            account: order.account,
            seller: order.seller,
            position: 1,
            product: quote.product,
            sku: quote.sku,
            amount: order.total,
            state: LineState::Placed,
            content: quote.content,
        };
        let rules = self.catalogue.purchase_rules(tx, line.sku).await?;
        self.within_limit(tx, &line, &rules).await?;
        self.note_consent(tx, buyer, order.id, &line).await?;
        Ok((order, line, due_at, rules))
    }

    /// Pays a placed order from the wallet.
    pub async fn pay(&self, tx: &mut Tx, buyer: &Buyer, id: OrderId) -> Result<Order> {
        buyer.may(Permission::Pay)?;
        let now = self.app.clock.now();
        let order = store::find_for(tx, buyer.account(), id).await?.ok_or(Error::NotFound(Thing::Order))?.pay(now)?;
        let (lines, policy) = (store::lines(tx, id).await?, self.policies.current().await?);
        // What a later instalment pays for is the buyer's already.
        for line in lines.iter().filter(|line| line.content.is_delivered()) {
            self.catalogue.may_pay(tx, buyer, line.sku).await.map_err(|error| match error {
                Error::NotFound(_) => OrderRefused::NoLongerSold.into(),
                Error::Refused(_) | Error::Busy | Error::Fault(_) => error,
            })?;
            // Since it was placed, another one may have been paid.
            let rules = self.catalogue.purchase_rules(tx, line.sku).await?;
            self.within_limit(tx, line, &rules).await?;
            self.may_use(tx, line.account, (&line.content, order.total), &policy).await?;
        }
        self.settle(tx, order, &lines).await
    }

    /// Takes the price of an order that is paid now from the wallet.
    pub(crate) async fn settle(&self, tx: &mut Tx, order: Order, lines: &[Line]) -> Result<Order> {
        let (now, id) = (self.app.clock.now(), order.id);
        store::save(tx, &order, StateName::Placed).await?;
        store::move_lines(tx, id, LineState::Placed, LineState::Paid).await?;
        let lines: Vec<_> = lines.iter().map(|line| (line.id, line.amount)).collect();
        self.payments.charge(tx, order.account, id, &lines).await?;
        jobs::publish(tx, now, &Event::OrderPaid { order: id }).await?;
        Ok(order)
    }

    pub async fn cancel(&self, tx: &mut Tx, buyer: &Buyer, id: OrderId) -> Result<Order> {
        buyer.may(Permission::Buy)?;
        let order = store::find_for(tx, buyer.account(), id).await?.ok_or(Error::NotFound(Thing::Order))?;
        self.end_unpaid(tx, order).await
    }

    pub(crate) async fn end_unpaid(&self, tx: &mut Tx, order: Order) -> Result<Order> {
        let now = self.app.clock.now();
        let order = order.cancel(now)?;
        store::save(tx, &order, StateName::Placed).await?;
        store::move_lines(tx, order.id, LineState::Placed, LineState::Cancelled).await?;
        self.give_back(tx, order.id).await?;
        self.offers.give_back(tx, order.id).await?;
        jobs::publish(tx, now, &Event::OrderCancelled { order: order.id }).await?;
        Ok(order)
    }

    /// An order of the buyer's, with its lines.
    pub async fn view(&self, tx: &mut Tx, buyer: &Buyer, id: OrderId) -> Result<(Order, Vec<Line>)> {
        buyer.may(Permission::View)?;
        let order = store::find_for(tx, buyer.account(), id).await?.ok_or(Error::NotFound(Thing::Order))?;
        Ok((order, store::lines(tx, id).await?))
    }

    pub async fn list(&self, tx: &mut Tx, buyer: &Buyer, wanted: Wanted, page: PageOf) -> Result<Page<Listed>> {
        buyer.may(Permission::View)?;
        store::list_for(tx, buyer.account(), wanted, page).await
    }

    /// A paid order of one of the seller's products, with its lines.
    pub async fn view_sold(&self, tx: &mut Tx, seller: &Seller, id: OrderId) -> Result<(Order, Vec<Line>)> {
        seller.may(Permission::View)?;
        let order = store::find_for_seller(tx, seller.account(), id).await?.ok_or(Error::NotFound(Thing::Order))?;
        Ok((order, store::lines(tx, id).await?.into_iter().map(Line::for_seller).collect()))
    }

    /// The same by the number that sellers' systems know it by.
    pub async fn sold_by_number(&self, tx: &mut Tx, seller: &Seller, number: &str) -> Result<(Order, Vec<Line>)> {
        let order = store::sold_by_number(tx, seller.account(), number).await?;
        let order = order.ok_or(Error::NotFound(Thing::Order))?;
        let lines = store::lines(tx, order.id).await?;
        Ok((order, lines.into_iter().map(Line::for_seller).collect()))
    }

    pub async fn list_sold(&self, tx: &mut Tx, seller: &Seller, wanted: Wanted, page: PageOf) -> Result<Page<Listed>> {
        seller.may(Permission::View)?;
        store::list_for_seller(tx, seller.account(), wanted, page).await
    }

    pub async fn view_any(&self, tx: &mut Tx, operator: &Operator, id: OrderId) -> Result<(Order, Vec<Line>)> {
        operator.may_staff(StaffPermission::View)?;
        let order = store::find(tx, id).await?.ok_or(Error::NotFound(Thing::Order))?;
        Ok((order, store::lines(tx, id).await?))
    }

    pub async fn list_all(
        &self,
        tx: &mut Tx,
        operator: &Operator,
        (account, wanted): (Option<AccountId>, Wanted),
        page: PageOf,
    ) -> Result<Page<Listed>> {
        operator.may_staff(StaffPermission::View)?;
        store::list(tx, account, wanted, page).await
    }

    /// The accounts that bought from the seller.
    pub(crate) async fn customers(&self, tx: &mut Tx, seller: &Seller, page: PageOf) -> Result<Page<Customer>> {
        seller.may(Permission::View)?;
        store::customers(tx, seller.account(), page).await
    }

    /// All that the buyer wants to know before accepting what a choice comes to.
    pub(crate) async fn checkout(&self, tx: &mut Tx, buyer: &Buyer, sku: SkuId, wish: &Wish) -> Result<Checkout> {
        buyer.may(Permission::View)?;
        let quote = self.price(tx, buyer, sku, wish).await?;
        Ok(Checkout {
            seller: self.accounts.find(tx, quote.seller).await?.name,
            cover: self.cover(tx, buyer, quote.content.quote.total).await?,
            coupons: self.coupons(tx, buyer, (&quote, wish.customer)).await?,
            resold_to: self.offers.resale_customers(tx, buyer.account(), (quote.seller, quote.product)).await?,
            may_pay: buyer.may(Permission::Pay).is_ok(),
            obstacle: obstacle(buyer, quote.seller),
            again: self.price_again(tx, buyer, (&quote, wish.customer)).await?,
            returns_a_year: self.policies.current().await?.refunds.no_reason_per_year,
            asked: self.asked(tx, buyer.account(), &[(quote.sku, quote.revision)]).await?,
            wish: wish.clone(),
            quote,
        })
    }

    /// Which of the buyer's coupons fit a quote for a customer, or for nobody in particular, and why others do not.
    pub(crate) async fn coupons(
        &self,
        tx: &mut Tx,
        buyer: &Buyer,
        (quote, sold_to): (&StoredQuote, Option<AccountId>),
    ) -> Result<Coupons> {
        let none = Coupons { offered: Vec::new(), most: 0 };
        let offer = match self.catalogue.offer_to(tx, buyer, quote.sku).await {
            Ok(offer) => offer,
            // What has left the shelf, or is not meant for the buyer any more, is not bought with a coupon or without.
            Err(Error::NotFound(_) | Error::Refused(_)) => return Ok(none),
            Err(other) => return Err(other),
        };
        let Content { choice, coupons, .. } = &quote.content;
        // A plan that has changed since then may not take the choice any more.
        let Ok(list) = pricing::quote(&offer.plan, choice) else { return Ok(none) };
        self.offers.coupons_for(tx, (buyer.account(), sold_to), &offer, (&list, choice, coupons)).await
    }

    /// What the buyer's wallet says to a price.
    pub async fn cover(&self, tx: &mut Tx, buyer: &Buyer, price: Money) -> Result<Cover> {
        Ok(rules::cover(&self.payments.wallets(tx, buyer).await?, price)?)
    }

    /// What was bought by some lines, for lists of what became of them.
    pub async fn titles(&self, tx: &mut Tx, lines: &[OrderLineId]) -> Result<BTreeMap<OrderLineId, Localized>> {
        let mut titles = BTreeMap::new();
        for some in lines.chunks(store::TITLES) {
            titles.extend(store::titles(tx, some).await?);
        }
        Ok(titles)
    }

    /// Quotes that nobody accepted are kept for a day after they ended.
    pub async fn forget_quotes(&self, tx: &mut Tx) -> Result<u64> {
        store::forget_quotes(tx, self.app.clock.now().plus_days(-1)).await
    }
}

/// What keeps a buyer from ordering of a seller.
pub(crate) fn obstacle(buyer: &Buyer, seller: AccountId) -> Option<Obstacle> {
    if seller == buyer.account() {
        Some(Obstacle::Own)
    } else if buyer.may(Permission::Buy).is_err() {
        Some(Obstacle::Role)
    } else {
        (!buyer.is_verified()).then_some(Obstacle::Unverified)
    }
}

/// When it can be bought, if not yet: by the site's rules for its type, or by the way it is paid and delivered.
pub(crate) fn sold_later(offer: &Offer, policy: &Policy) -> Option<Localized> {
    policy.not_sold_yet(offer.access_type, offer.billing_mode).cloned().or_else(|| offer.sold_later())
}

/// Refuses what this site cannot sell yet.
pub(crate) fn sold_now(offer: &Offer, policy: &Policy) -> Result<()> {
    match sold_later(offer, policy) {
        Some(later) => Err(OrderRefused::NotYet(later).into()),
        None => Ok(()),
    }
}

/// The rules of today for what is sold under an offer.
pub(crate) fn terms(offer: &Offer, policy: &Policy) -> Result<Terms> {
    let class = policy.tax_class(offer.access_type, offer.billing_mode).ok_or_else(|| {
        Invalid::one("sku", ("is of a kind that this site does not sell any more", "属于本站已不再销售的类型"))
    })?;
    Ok(Terms {
        fee_basis_points: policy.fee(offer.access_type),
        tax_class: class.code.clone(),
        tax_basis_points: class.basis_points,
        no_reason_hours: policy.return_hours(offer.access_type),
        payment_hours: policy.orders.payment_hours,
        grace_days: policy.grace_days(offer.access_type),
        frozen_days: policy.instances.frozen_days,
        accept_days: offer.opens_at_acceptance.then_some(policy.acceptance.days),
    })
}

/// What a quote keeps of an offer: the price, its explanation, and the rules of today.
pub(crate) fn content(offer: &Offer, choice: &Choice, policy: &Policy) -> Result<Content> {
    sold_now(offer, policy)?;
    let quote = pricing::quote(&offer.plan, choice)?;
    content_at(offer, (choice, quote), policy)
}

/// The same at a price that was computed.
pub(crate) fn content_at(offer: &Offer, (choice, quote): (&Choice, Quote), policy: &Policy) -> Result<Content> {
    let content = content_for(offer, (choice, quote), policy)?;
    if content.by_use.is_none() && !content.quote.total.is_positive() {
        return Err(Invalid::one(
            "quantities",
            (
                "come to less than the smallest amount that can be paid; choose more",
                "算出的金额低于最小可支付金额，须增加购买数量",
            ),
        )
        .into());
    }
    Ok(content)
}

/// The same, even where nothing is to pay.
pub(crate) fn content_for(offer: &Offer, (choice, quote): (&Choice, Quote), policy: &Policy) -> Result<Content> {
    let by_use = by_use(offer, &quote)?;
    let mut terms = terms(offer, policy)?;
    if by_use.is_some() {
        // What is paid as it is used is closed instead.
        terms.no_reason_hours = 0;
    }
    let package = package(offer, &quote)?;
    if let Some(package) = &package {
        // What is left at its end lapses: nothing of it could go on.
        (terms.grace_days, terms.frozen_days) = (0, 0);
        // Of one beyond which nothing is charged, what is reported after its return would be paid by nobody.
        if package.overage == Overage::Stop || !policy.packages.returned_unused {
            terms.no_reason_hours = 0;
        }
    }
    Ok(Content {
        title: offer.title(),
        sku_code: offer.sku_code.clone(),
        attributes: offer.attributes.clone(),
        access_type: offer.access_type,
        billing_mode: offer.billing_mode,
        choice: choice.clone(),
        quote,
        discount: None,
        resale: None,
        coupons: Vec::new(),
        renews: None,
        is_trial: false,
        converts: None,
        changes: None,
        agreed: None,
        by_use,
        package,
        goes_on: None,
        answers: Vec::new(),
        contacts: Some(ContactData::default()),
        terms,
    })
}

/// What use will cost in the currency of a quote, where it is charged as it is used.
fn by_use(offer: &Offer, quote: &Quote) -> Result<Option<OnDemand>> {
    let plan = offer.plan.in_currency(quote.total.currency())?;
    Ok(match &plan.billing {
        Billing::OnDemand(on_demand) => Some(on_demand.clone()),
        Billing::OneOff { .. } | Billing::Period { .. } | Billing::Package(_) => None,
    })
}

/// What of use a quote pays for in advance, with what goes beyond it in the currency of the quote.
fn package(offer: &Offer, quote: &Quote) -> Result<Option<Package>> {
    let plan = offer.plan.in_currency(quote.total.currency())?;
    Ok(match &plan.billing {
        Billing::Package(package) => Some(package.clone()),
        Billing::OneOff { .. } | Billing::Period { .. } | Billing::OnDemand(_) => None,
    })
}
