//! The same messages, as the Fory derive wants them.

use super::aster;
use fory::{Fory, ForyEnum, ForyStruct};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, ForyStruct)]
pub struct Sample {
    #[fory(id = 1)]
    pub id: i64,
    #[fory(id = 2)]
    pub name: String,
    #[fory(id = 3)]
    pub score: f64,
}

impl From<aster::Sample> for Sample {
    fn from(value: aster::Sample) -> Self {
        Self {
            id: value.id,
            name: value.name,
            score: value.score,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ForyEnum)]
pub enum OrderStatus {
    #[fory(default)]
    Open,

    Paid,

    Shipped,

    Closed,
}

impl From<aster::OrderStatus> for OrderStatus {
    fn from(value: aster::OrderStatus) -> Self {
        match value {
            aster::OrderStatus::Open => Self::Open,
            aster::OrderStatus::Paid => Self::Paid,
            aster::OrderStatus::Shipped => Self::Shipped,
            aster::OrderStatus::Closed => Self::Closed,
        }
    }
}

#[derive(Clone, Debug, PartialEq, ForyStruct)]
pub struct Address {
    #[fory(id = 3)]
    pub street: String,
    #[fory(id = 1)]
    pub city: String,
    #[fory(id = 4)]
    pub zip: String,
    #[fory(id = 2)]
    pub country: String,
}

impl From<aster::Address> for Address {
    fn from(value: aster::Address) -> Self {
        Self {
            street: value.street,
            city: value.city,
            zip: value.zip,
            country: value.country,
        }
    }
}

#[derive(Clone, Debug, PartialEq, ForyStruct)]
pub struct Line {
    #[fory(id = 4)]
    pub sku: String,
    #[fory(id = 6)]
    pub title: String,
    #[fory(id = 3)]
    pub quantity: u32,
    #[fory(id = 7)]
    pub unit_price: i64,
    #[fory(id = 1)]
    pub discount: Option<f64>,
    #[fory(id = 5)]
    pub taxable: bool,
    #[fory(id = 2)]
    pub note: Option<String>,
    #[fory(id = 8)]
    pub weight: f32,
}

impl From<aster::Line> for Line {
    fn from(value: aster::Line) -> Self {
        Self {
            sku: value.sku,
            title: value.title,
            quantity: value.quantity,
            unit_price: value.unit_price,
            discount: value.discount,
            taxable: value.taxable,
            note: value.note,
            weight: value.weight,
        }
    }
}

#[derive(Clone, Debug, PartialEq, ForyStruct)]
pub struct Order {
    #[fory(id = 21)]
    pub id: i64,
    #[fory(id = 27)]
    pub number: String,
    #[fory(id = 12)]
    pub customer_id: i64,
    #[fory(id = 13)]
    pub customer_name: String,
    #[fory(id = 16)]
    pub email: String,
    #[fory(id = 30)]
    pub phone: Option<String>,
    #[fory(id = 40)]
    pub status: OrderStatus,
    #[fory(id = 31)]
    pub priority: i32,
    #[fory(id = 10)]
    pub created: i64,
    #[fory(id = 47)]
    pub updated: i64,
    #[fory(id = 28)]
    pub paid: bool,
    #[fory(id = 37)]
    pub shipped: bool,
    #[fory(id = 20)]
    pub gift: bool,
    #[fory(id = 18)]
    pub express: bool,
    #[fory(id = 11)]
    pub currency: String,
    #[fory(id = 41)]
    pub subtotal: i64,
    #[fory(id = 43)]
    pub tax: i64,
    #[fory(id = 38)]
    pub shipping: i64,
    #[fory(id = 15)]
    pub discount: i64,
    #[fory(id = 45)]
    pub total: i64,
    #[fory(id = 44)]
    pub tax_rate: f64,
    #[fory(id = 17)]
    pub exchange_rate: f64,
    #[fory(id = 50)]
    pub weight: f32,
    #[fory(id = 48)]
    pub volume: f32,
    #[fory(id = 22)]
    pub item_count: u32,
    #[fory(id = 29)]
    pub parcel_count: u32,
    #[fory(id = 49)]
    pub warehouse: i32,
    #[fory(id = 6)]
    pub channel: String,
    #[fory(id = 24)]
    pub locale: String,
    #[fory(id = 3)]
    pub billing: Address,
    #[fory(id = 14)]
    pub delivery: Option<Address>,
    #[fory(id = 9)]
    pub coupon: Option<String>,
    #[fory(id = 8)]
    pub comment: Option<String>,
    #[fory(id = 42)]
    pub tags: Vec<String>,
    #[fory(id = 2)]
    pub attributes: BTreeMap<String, String>,
    #[fory(id = 32)]
    pub ratings: Vec<i32>,
    #[fory(id = 19)]
    pub flags: u64,
    #[fory(id = 35)]
    pub revision: u32,
    #[fory(id = 39, bytes)]
    pub source_ip: Vec<u8>,
    #[fory(id = 36)]
    pub session: String,
    #[fory(id = 33)]
    pub referrer: Option<String>,
    #[fory(id = 4)]
    pub campaign: Option<String>,
    #[fory(id = 1)]
    pub agent: String,
    #[fory(id = 25)]
    pub loyalty_points: Option<i32>,
    #[fory(id = 26)]
    pub loyalty_tier: Option<String>,
    #[fory(id = 5)]
    pub carrier: String,
    #[fory(id = 46)]
    pub tracking: Option<String>,
    #[fory(id = 7, encoding = fixed)]
    pub checksum: u64,
    #[fory(id = 34)]
    pub region: i32,
    #[fory(id = 23)]
    pub lines: Vec<Line>,
}

impl From<aster::Order> for Order {
    fn from(value: aster::Order) -> Self {
        Self {
            id: value.id,
            number: value.number,
            customer_id: value.customer_id,
            customer_name: value.customer_name,
            email: value.email,
            phone: value.phone,
            status: value.status.into(),
            priority: value.priority,
            created: value.created,
            updated: value.updated,
            paid: value.paid,
            shipped: value.shipped,
            gift: value.gift,
            express: value.express,
            currency: value.currency,
            subtotal: value.subtotal,
            tax: value.tax,
            shipping: value.shipping,
            discount: value.discount,
            total: value.total,
            tax_rate: value.tax_rate,
            exchange_rate: value.exchange_rate,
            weight: value.weight,
            volume: value.volume,
            item_count: value.item_count,
            parcel_count: value.parcel_count,
            warehouse: value.warehouse,
            channel: value.channel,
            locale: value.locale,
            billing: value.billing.into(),
            delivery: value.delivery.map(Into::into),
            coupon: value.coupon,
            comment: value.comment,
            tags: value.tags,
            attributes: value.attributes,
            ratings: value.ratings,
            flags: value.flags,
            revision: value.revision,
            source_ip: value.source_ip,
            session: value.session,
            referrer: value.referrer,
            campaign: value.campaign,
            agent: value.agent,
            loyalty_points: value.loyalty_points,
            loyalty_tier: value.loyalty_tier,
            carrier: value.carrier,
            tracking: value.tracking,
            checksum: value.checksum,
            region: value.region,
            lines: value.lines.into_iter().map(Into::into).collect(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, ForyStruct)]
pub struct Node {
    #[fory(id = 1)]
    pub label: String,
    #[fory(id = 3)]
    pub value: i32,
    #[fory(id = 2)]
    pub nodes: Vec<Node>,
}

impl From<aster::Node> for Node {
    fn from(value: aster::Node) -> Self {
        Self {
            label: value.label,
            value: value.value,
            nodes: value.nodes.into_iter().map(Into::into).collect(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, ForyStruct)]
pub struct Blob {
    #[fory(id = 1, bytes)]
    pub data: Vec<u8>,
}

impl From<aster::Blob> for Blob {
    fn from(value: aster::Blob) -> Self {
        Self { data: value.data }
    }
}

/// Fory in the profile of our payloads.
///
/// # Panics
/// If the derive made a type that cannot be registered.
#[must_use]
pub fn fory() -> Fory {
    let mut fory = Fory::builder()
        .xlang(true)
        .compatible(true)
        .track_ref(false)
        .build();
    fory.register_by_name::<Sample>("aster.bench.Sample")
        .expect("derive: Sample");
    fory.register_by_name::<OrderStatus>("aster.bench.OrderStatus")
        .expect("derive: OrderStatus");
    fory.register_by_name::<Address>("aster.bench.Address")
        .expect("derive: Address");
    fory.register_by_name::<Line>("aster.bench.Line")
        .expect("derive: Line");
    fory.register_by_name::<Order>("aster.bench.Order")
        .expect("derive: Order");
    fory.register_by_name::<Node>("aster.bench.Node")
        .expect("derive: Node");
    fory.register_by_name::<Blob>("aster.bench.Blob")
        .expect("derive: Blob");
    fory
}
