BEGIN;

-- create enum public.order_status
CREATE TYPE public.order_status AS ENUM ('pending', 'paid', 'shipped');

-- create table public.orders
CREATE TABLE public.orders (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    total numeric(10,2) NOT NULL,
    status public.order_status DEFAULT 'pending'::public.order_status NOT NULL,
    created_at timestamp(6) with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    CONSTRAINT orders_pkey PRIMARY KEY (id)
);

-- create constraint public.orders.orders_user_id_fkey
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users (id) ON UPDATE CASCADE ON DELETE CASCADE;

-- create index public.orders_user_id_idx
CREATE INDEX orders_user_id_idx ON public.orders (user_id);

COMMIT;
