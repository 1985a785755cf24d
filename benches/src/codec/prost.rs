//! The same messages, as `prost-build` would write them.

use super::aster;
use std::collections::BTreeMap;

#[derive(Clone, PartialEq, prost::Message)]
pub struct Sample {
    #[prost(sint64, tag = "1")]
    pub id: i64,
    #[prost(string, tag = "2")]
    pub name: String,
    #[prost(double, tag = "3")]
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum OrderStatus {
    Open = 0,
    Paid = 1,
    Shipped = 2,
    Closed = 3,
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

#[derive(Clone, PartialEq, prost::Message)]
pub struct Address {
    #[prost(string, tag = "1")]
    pub street: String,
    #[prost(string, tag = "2")]
    pub city: String,
    #[prost(string, tag = "3")]
    pub zip: String,
    #[prost(string, tag = "4")]
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

#[derive(Clone, PartialEq, prost::Message)]
pub struct Line {
    #[prost(string, tag = "1")]
    pub sku: String,
    #[prost(string, tag = "2")]
    pub title: String,
    #[prost(uint32, tag = "3")]
    pub quantity: u32,
    #[prost(sint64, tag = "4")]
    pub unit_price: i64,
    #[prost(double, optional, tag = "5")]
    pub discount: Option<f64>,
    #[prost(bool, tag = "6")]
    pub taxable: bool,
    #[prost(string, optional, tag = "7")]
    pub note: Option<String>,
    #[prost(float, tag = "8")]
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

#[derive(Clone, PartialEq, prost::Message)]
pub struct Order {
    #[prost(sint64, tag = "1")]
    pub id: i64,
    #[prost(string, tag = "2")]
    pub number: String,
    #[prost(sint64, tag = "3")]
    pub customer_id: i64,
    #[prost(string, tag = "4")]
    pub customer_name: String,
    #[prost(string, tag = "5")]
    pub email: String,
    #[prost(string, optional, tag = "6")]
    pub phone: Option<String>,
    #[prost(enumeration = "OrderStatus", tag = "7")]
    pub status: i32,
    #[prost(sint32, tag = "8")]
    pub priority: i32,
    #[prost(sint64, tag = "9")]
    pub created: i64,
    #[prost(sint64, tag = "10")]
    pub updated: i64,
    #[prost(bool, tag = "11")]
    pub paid: bool,
    #[prost(bool, tag = "12")]
    pub shipped: bool,
    #[prost(bool, tag = "13")]
    pub gift: bool,
    #[prost(bool, tag = "14")]
    pub express: bool,
    #[prost(string, tag = "15")]
    pub currency: String,
    #[prost(sint64, tag = "16")]
    pub subtotal: i64,
    #[prost(sint64, tag = "17")]
    pub tax: i64,
    #[prost(sint64, tag = "18")]
    pub shipping: i64,
    #[prost(sint64, tag = "19")]
    pub discount: i64,
    #[prost(sint64, tag = "20")]
    pub total: i64,
    #[prost(double, tag = "21")]
    pub tax_rate: f64,
    #[prost(double, tag = "22")]
    pub exchange_rate: f64,
    #[prost(float, tag = "23")]
    pub weight: f32,
    #[prost(float, tag = "24")]
    pub volume: f32,
    #[prost(uint32, tag = "25")]
    pub item_count: u32,
    #[prost(uint32, tag = "26")]
    pub parcel_count: u32,
    #[prost(sint32, tag = "27")]
    pub warehouse: i32,
    #[prost(string, tag = "28")]
    pub channel: String,
    #[prost(string, tag = "29")]
    pub locale: String,
    #[prost(message, optional, tag = "30")]
    pub billing: Option<Address>,
    #[prost(message, optional, tag = "31")]
    pub delivery: Option<Address>,
    #[prost(string, optional, tag = "32")]
    pub coupon: Option<String>,
    #[prost(string, optional, tag = "33")]
    pub comment: Option<String>,
    #[prost(string, repeated, tag = "34")]
    pub tags: Vec<String>,
    #[prost(btree_map = "string, string", tag = "35")]
    pub attributes: BTreeMap<String, String>,
    #[prost(sint32, repeated, tag = "36")]
    pub ratings: Vec<i32>,
    #[prost(uint64, tag = "37")]
    pub flags: u64,
    #[prost(uint32, tag = "38")]
    pub revision: u32,
    #[prost(bytes = "vec", tag = "39")]
    pub source_ip: Vec<u8>,
    #[prost(string, tag = "40")]
    pub session: String,
    #[prost(string, optional, tag = "41")]
    pub referrer: Option<String>,
    #[prost(string, optional, tag = "42")]
    pub campaign: Option<String>,
    #[prost(string, tag = "43")]
    pub agent: String,
    #[prost(sint32, optional, tag = "44")]
    pub loyalty_points: Option<i32>,
    #[prost(string, optional, tag = "45")]
    pub loyalty_tier: Option<String>,
    #[prost(string, tag = "46")]
    pub carrier: String,
    #[prost(string, optional, tag = "47")]
    pub tracking: Option<String>,
    #[prost(fixed64, tag = "48")]
    pub checksum: u64,
    #[prost(sint32, tag = "49")]
    pub region: i32,
    #[prost(message, repeated, tag = "50")]
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
            status: OrderStatus::from(value.status) as i32,
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
            billing: Some(value.billing.into()),
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

#[derive(Clone, PartialEq, prost::Message)]
pub struct Node {
    #[prost(string, tag = "1")]
    pub label: String,
    #[prost(sint32, tag = "2")]
    pub value: i32,
    #[prost(message, repeated, tag = "3")]
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

#[derive(Clone, PartialEq, prost::Message)]
pub struct Blob {
    #[prost(bytes = "vec", tag = "1")]
    pub data: Vec<u8>,
}

impl From<aster::Blob> for Blob {
    fn from(value: aster::Blob) -> Self {
        Self { data: value.data }
    }
}
