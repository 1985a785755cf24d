//! The messages of `schema/bench.aster`.
//! Written as generated code is.

use aster_runtime::codegen::v1::{self, At as _};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub id: i64,
    pub name: String,
    pub score: f64,
}

static SAMPLE: v1::TypeInfo = v1::TypeInfo::new(
    "aster.bench.Sample",
    &[
        0x14, 0xe0, 0xea, 0xcc, 0x04, 0x9d, 0x2a, 0x4d, 0xe3, 0x1d, 0x02, 0x53, 0x24, 0x74, 0x12, 0x34, 0x47,
        0x13, 0x48, 0x0c, 0x7a, 0xc8, 0xcc, 0x14, 0xc4, 0x07, 0xc8, 0x15,
    ],
);

impl v1::Message for Sample {
    const TYPE: &'static v1::TypeInfo = &SAMPLE;

    fn write_fields(&self, out: &mut v1::Encoder<'_>) -> v1::CodecResult<()> {
        out.float64(self.score);
        out.int64(self.id);
        out.string(&self.name);
        Ok(())
    }

    fn read_fields(input: &mut v1::Decoder<'_>) -> v1::CodecResult<Self> {
        let score = input.float64().field("score")?;
        let id = input.int64().field("id")?;
        let name = input.string().field("name")?;
        Ok(Self { id, name, score })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrderStatus {
    Open,
    Paid,
    Shipped,
    Closed,
}

static ORDER_STATUS: v1::TypeInfo = v1::TypeInfo::new(
    "aster.bench.OrderStatus",
    &[
        0x13, 0x80, 0xae, 0x6f, 0xe4, 0xc2, 0x8b, 0x75, 0x01, 0x1d, 0x02, 0x53, 0x24, 0x74, 0x12, 0x34, 0x47,
        0x25, 0xf5, 0xd1, 0x19, 0x23, 0xd9, 0x4c, 0x13, 0xa4, 0x80,
    ],
);

impl v1::Enumeration for OrderStatus {
    const TYPE: &'static v1::TypeInfo = &ORDER_STATUS;

    fn number(&self) -> u32 {
        match self {
            Self::Open => 0,
            Self::Paid => 1,
            Self::Shipped => 2,
            Self::Closed => 3,
        }
    }

    fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::Open,
            1 => Self::Paid,
            2 => Self::Shipped,
            3 => Self::Closed,
            _ => return None,
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Address {
    pub street: String,
    pub city: String,
    pub zip: String,
    pub country: String,
}

static ADDRESS: v1::TypeInfo = v1::TypeInfo::new(
    "aster.bench.Address",
    &[
        0x17, 0x60, 0x5f, 0x42, 0xc7, 0x3f, 0x02, 0x70, 0xe4, 0x1d, 0x02, 0x53, 0x24, 0x74, 0x12, 0x34, 0x47,
        0x17, 0x00, 0x63, 0x89, 0x25, 0x20, 0xc4, 0x15, 0xc8, 0x15, 0xcc, 0x15, 0xd0, 0x15,
    ],
);

impl v1::Message for Address {
    const TYPE: &'static v1::TypeInfo = &ADDRESS;

    fn write_fields(&self, out: &mut v1::Encoder<'_>) -> v1::CodecResult<()> {
        out.string(&self.city);
        out.string(&self.country);
        out.string(&self.street);
        out.string(&self.zip);
        Ok(())
    }

    fn read_fields(input: &mut v1::Decoder<'_>) -> v1::CodecResult<Self> {
        let city = input.string().field("city")?;
        let country = input.string().field("country")?;
        let street = input.string().field("street")?;
        let zip = input.string().field("zip")?;
        Ok(Self {
            street,
            city,
            zip,
            country,
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub sku: String,
    pub title: String,
    pub quantity: u32,
    pub unit_price: i64,
    pub discount: Option<f64>,
    pub taxable: bool,
    pub note: Option<String>,
    pub weight: f32,
}

static LINE: v1::TypeInfo = v1::TypeInfo::new(
    "aster.bench.Line",
    &[
        0x1d, 0xb0, 0x76, 0x64, 0x35, 0xac, 0xc9, 0x0e, 0xe8, 0x1d, 0x02, 0x53, 0x24, 0x74, 0x12, 0x34, 0x47,
        0x0f, 0x2d, 0x0d, 0x20, 0xe0, 0x13, 0xd4, 0x01, 0xdc, 0x07, 0xcc, 0x0c, 0xc6, 0x14, 0xca, 0x15, 0xd0,
        0x15, 0xd8, 0x15,
    ],
);

impl v1::Message for Line {
    const TYPE: &'static v1::TypeInfo = &LINE;

    fn write_fields(&self, out: &mut v1::Encoder<'_>) -> v1::CodecResult<()> {
        out.float32(self.weight);
        out.bool(self.taxable);
        out.int64(self.unit_price);
        out.uint32(self.quantity);
        out.optional(self.discount.as_ref(), |out, value| out.float64(*value));
        out.optional(self.note.as_ref(), |out, value| out.string(value));
        out.string(&self.sku);
        out.string(&self.title);
        Ok(())
    }

    fn read_fields(input: &mut v1::Decoder<'_>) -> v1::CodecResult<Self> {
        let weight = input.float32().field("weight")?;
        let taxable = input.bool().field("taxable")?;
        let unit_price = input.int64().field("unit_price")?;
        let quantity = input.uint32().field("quantity")?;
        let discount = input.optional(v1::Decoder::float64).field("discount")?;
        let note = input.optional(v1::Decoder::string).field("note")?;
        let sku = input.string().field("sku")?;
        let title = input.string().field("title")?;
        Ok(Self {
            sku,
            title,
            quantity,
            unit_price,
            discount,
            taxable,
            note,
            weight,
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    pub id: i64,
    pub number: String,
    pub customer_id: i64,
    pub customer_name: String,
    pub email: String,
    pub phone: Option<String>,
    pub status: OrderStatus,
    pub priority: i32,
    pub created: i64,
    pub updated: i64,
    pub paid: bool,
    pub shipped: bool,
    pub gift: bool,
    pub express: bool,
    pub currency: String,
    pub subtotal: i64,
    pub tax: i64,
    pub shipping: i64,
    pub discount: i64,
    pub total: i64,
    pub tax_rate: f64,
    pub exchange_rate: f64,
    pub weight: f32,
    pub volume: f32,
    pub item_count: u32,
    pub parcel_count: u32,
    pub warehouse: i32,
    pub channel: String,
    pub locale: String,
    pub billing: Address,
    pub delivery: Option<Address>,
    pub coupon: Option<String>,
    pub comment: Option<String>,
    pub tags: Vec<String>,
    pub attributes: BTreeMap<String, String>,
    pub ratings: Vec<i32>,
    pub flags: u64,
    pub revision: u32,
    pub source_ip: Vec<u8>,
    pub session: String,
    pub referrer: Option<String>,
    pub campaign: Option<String>,
    pub agent: String,
    pub loyalty_points: Option<i32>,
    pub loyalty_tier: Option<String>,
    pub carrier: String,
    pub tracking: Option<String>,
    pub checksum: u64,
    pub region: i32,
    pub lines: Vec<Line>,
}

static ORDER: v1::TypeInfo = v1::TypeInfo::new(
    "aster.bench.Order",
    &[
        0x9c, 0x20, 0xeb, 0xd5, 0x72, 0xcb, 0xbb, 0x21, 0xff, 0x13, 0x1d, 0x02, 0x53, 0x24, 0x74, 0x12, 0x34,
        0x47, 0x13, 0xba, 0x23, 0x24, 0x40, 0xdc, 0x0d, 0xfc, 0x02, 0x14, 0xfc, 0x1d, 0x14, 0xfc, 0x21, 0x13,
        0xfc, 0x23, 0x13, 0xfc, 0x03, 0x01, 0xfc, 0x05, 0x01, 0xfc, 0x0d, 0x01, 0xfc, 0x16, 0x01, 0xe8, 0x07,
        0xf0, 0x07, 0xfc, 0x00, 0x07, 0xfc, 0x06, 0x07, 0xfc, 0x17, 0x07, 0xfc, 0x1a, 0x07, 0xfc, 0x1c, 0x07,
        0xfc, 0x1e, 0x07, 0xfc, 0x20, 0x07, 0xfc, 0x04, 0x0e, 0xfc, 0x10, 0x05, 0xfc, 0x13, 0x05, 0xfc, 0x22,
        0x05, 0xfc, 0x07, 0x0c, 0xfc, 0x0e, 0x0c, 0xfc, 0x14, 0x0c, 0xfe, 0x0a, 0x05, 0xc4, 0x15, 0xc8, 0x18,
        0x54, 0x54, 0xcc, 0x1e, 0xd2, 0x15, 0xd4, 0x15, 0xd8, 0x15, 0xe2, 0x15, 0xe6, 0x15, 0xec, 0x15, 0xf4,
        0x15, 0xfa, 0x1e, 0xfc, 0x01, 0x15, 0xfc, 0x08, 0x16, 0x78, 0xfc, 0x09, 0x15, 0xfe, 0x0b, 0x15, 0xfc,
        0x0c, 0x15, 0xfe, 0x0f, 0x15, 0xfc, 0x11, 0x16, 0x14, 0xfe, 0x12, 0x15, 0xfc, 0x15, 0x15, 0xfc, 0x18,
        0x29, 0xfc, 0x19, 0x19, 0xfc, 0x1b, 0x16, 0x54, 0xfe, 0x1f, 0x15,
    ],
);

impl v1::Message for Order {
    const TYPE: &'static v1::TypeInfo = &ORDER;

    fn write_fields(&self, out: &mut v1::Encoder<'_>) -> v1::CodecResult<()> {
        out.fixed_uint64(self.checksum);
        out.float64(self.exchange_rate);
        out.float64(self.tax_rate);
        out.float32(self.volume);
        out.float32(self.weight);
        out.bool(self.express);
        out.bool(self.gift);
        out.bool(self.paid);
        out.bool(self.shipped);
        out.int64(self.created);
        out.int64(self.customer_id);
        out.int64(self.discount);
        out.int64(self.id);
        out.int64(self.shipping);
        out.int64(self.subtotal);
        out.int64(self.tax);
        out.int64(self.total);
        out.int64(self.updated);
        out.uint64(self.flags);
        out.int32(self.priority);
        out.int32(self.region);
        out.int32(self.warehouse);
        out.uint32(self.item_count);
        out.uint32(self.parcel_count);
        out.uint32(self.revision);
        out.optional(self.loyalty_points.as_ref(), |out, value| out.int32(*value));
        out.string(&self.agent);
        out.map(
            &self.attributes,
            |out, key| out.string(key),
            |out, value| out.string(value),
        );
        out.message(&self.billing).field("billing")?;
        out.optional(self.campaign.as_ref(), |out, value| out.string(value));
        out.string(&self.carrier);
        out.string(&self.channel);
        out.optional(self.comment.as_ref(), |out, value| out.string(value));
        out.optional(self.coupon.as_ref(), |out, value| out.string(value));
        out.string(&self.currency);
        out.string(&self.customer_name);
        out.optional(self.delivery.as_ref(), v1::Encoder::message)
            .field("delivery")?;
        out.string(&self.email);
        out.messages(&self.lines).field("lines")?;
        out.string(&self.locale);
        out.optional(self.loyalty_tier.as_ref(), |out, value| out.string(value));
        out.string(&self.number);
        out.optional(self.phone.as_ref(), |out, value| out.string(value));
        out.list(&self.ratings, |out, item| out.int32(*item));
        out.optional(self.referrer.as_ref(), |out, value| out.string(value));
        out.string(&self.session);
        out.bytes(&self.source_ip);
        out.enumeration(&self.status);
        out.list(&self.tags, |out, item| out.string(item));
        out.optional(self.tracking.as_ref(), |out, value| out.string(value));
        Ok(())
    }

    fn read_fields(input: &mut v1::Decoder<'_>) -> v1::CodecResult<Self> {
        let checksum = input.fixed_uint64().field("checksum")?;
        let exchange_rate = input.float64().field("exchange_rate")?;
        let tax_rate = input.float64().field("tax_rate")?;
        let volume = input.float32().field("volume")?;
        let weight = input.float32().field("weight")?;
        let express = input.bool().field("express")?;
        let gift = input.bool().field("gift")?;
        let paid = input.bool().field("paid")?;
        let shipped = input.bool().field("shipped")?;
        let created = input.int64().field("created")?;
        let customer_id = input.int64().field("customer_id")?;
        let discount = input.int64().field("discount")?;
        let id = input.int64().field("id")?;
        let shipping = input.int64().field("shipping")?;
        let subtotal = input.int64().field("subtotal")?;
        let tax = input.int64().field("tax")?;
        let total = input.int64().field("total")?;
        let updated = input.int64().field("updated")?;
        let flags = input.uint64().field("flags")?;
        let priority = input.int32().field("priority")?;
        let region = input.int32().field("region")?;
        let warehouse = input.int32().field("warehouse")?;
        let item_count = input.uint32().field("item_count")?;
        let parcel_count = input.uint32().field("parcel_count")?;
        let revision = input.uint32().field("revision")?;
        let loyalty_points = input.optional(v1::Decoder::int32).field("loyalty_points")?;
        let agent = input.string().field("agent")?;
        let attributes = input
            .map(v1::Decoder::string, v1::Decoder::string)
            .field("attributes")?;
        let billing = input.message().field("billing")?;
        let campaign = input.optional(v1::Decoder::string).field("campaign")?;
        let carrier = input.string().field("carrier")?;
        let channel = input.string().field("channel")?;
        let comment = input.optional(v1::Decoder::string).field("comment")?;
        let coupon = input.optional(v1::Decoder::string).field("coupon")?;
        let currency = input.string().field("currency")?;
        let customer_name = input.string().field("customer_name")?;
        let delivery = input.optional(v1::Decoder::message).field("delivery")?;
        let email = input.string().field("email")?;
        let lines = input.messages().field("lines")?;
        let locale = input.string().field("locale")?;
        let loyalty_tier = input.optional(v1::Decoder::string).field("loyalty_tier")?;
        let number = input.string().field("number")?;
        let phone = input.optional(v1::Decoder::string).field("phone")?;
        let ratings = input.list(v1::Decoder::int32).field("ratings")?;
        let referrer = input.optional(v1::Decoder::string).field("referrer")?;
        let session = input.string().field("session")?;
        let source_ip = input.bytes().field("source_ip")?;
        let status = input.enumeration().field("status")?;
        let tags = input.list(v1::Decoder::string).field("tags")?;
        let tracking = input.optional(v1::Decoder::string).field("tracking")?;
        Ok(Self {
            id,
            number,
            customer_id,
            customer_name,
            email,
            phone,
            status,
            priority,
            created,
            updated,
            paid,
            shipped,
            gift,
            express,
            currency,
            subtotal,
            tax,
            shipping,
            discount,
            total,
            tax_rate,
            exchange_rate,
            weight,
            volume,
            item_count,
            parcel_count,
            warehouse,
            channel,
            locale,
            billing,
            delivery,
            coupon,
            comment,
            tags,
            attributes,
            ratings,
            flags,
            revision,
            source_ip,
            session,
            referrer,
            campaign,
            agent,
            loyalty_points,
            loyalty_tier,
            carrier,
            tracking,
            checksum,
            region,
            lines,
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub label: String,
    pub value: i32,
    pub nodes: Vec<Node>,
}

static NODE: v1::TypeInfo = v1::TypeInfo::new(
    "aster.bench.Node",
    &[
        0x14, 0x40, 0x16, 0x54, 0xe7, 0x3f, 0xb4, 0x15, 0xe3, 0x1d, 0x02, 0x53, 0x24, 0x74, 0x12, 0x34, 0x47,
        0x0f, 0x35, 0xc3, 0x20, 0xcc, 0x05, 0xc4, 0x15, 0xc8, 0x16, 0x78,
    ],
);

impl v1::Message for Node {
    const TYPE: &'static v1::TypeInfo = &NODE;

    fn write_fields(&self, out: &mut v1::Encoder<'_>) -> v1::CodecResult<()> {
        out.int32(self.value);
        out.string(&self.label);
        out.messages(&self.nodes).field("nodes")?;
        Ok(())
    }

    fn read_fields(input: &mut v1::Decoder<'_>) -> v1::CodecResult<Self> {
        let value = input.int32().field("value")?;
        let label = input.string().field("label")?;
        let nodes = input.messages().field("nodes")?;
        Ok(Self { label, value, nodes })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Blob {
    pub data: Vec<u8>,
}

static BLOB: v1::TypeInfo = v1::TypeInfo::new(
    "aster.bench.Blob",
    &[
        0x0f, 0x10, 0x38, 0x94, 0xd4, 0xe4, 0xc1, 0x47, 0xe1, 0x1d, 0x02, 0x53, 0x24, 0x74, 0x12, 0x34, 0x47,
        0x0f, 0x05, 0x6e, 0x08, 0xc4, 0x29,
    ],
);

impl v1::Message for Blob {
    const TYPE: &'static v1::TypeInfo = &BLOB;

    fn write_fields(&self, out: &mut v1::Encoder<'_>) -> v1::CodecResult<()> {
        out.bytes(&self.data);
        Ok(())
    }

    fn read_fields(input: &mut v1::Decoder<'_>) -> v1::CodecResult<Self> {
        let data = input.bytes().field("data")?;
        Ok(Self { data })
    }
}
