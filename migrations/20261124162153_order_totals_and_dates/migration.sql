BEGIN;

-- create constraint public.orders.orders_total_not_negative
ALTER TABLE public.orders
    ADD CONSTRAINT orders_total_not_negative CHECK ((total >= (0)::numeric)) NOT VALID;

COMMIT;

BEGIN;

ALTER TABLE public.orders VALIDATE CONSTRAINT orders_total_not_negative;

COMMIT;

-- create index public.orders_created_at_idx
CREATE INDEX CONCURRENTLY orders_created_at_idx ON public.orders (created_at);

