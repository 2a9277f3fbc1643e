# SPDX-License-Identifier: BSD-3-Clause
"""Mailboxes as programs see them: a pair runs unchanged on every kind; what a kind has that others have not works."""
import subprocess

import pytest
from conftest import BUILD, ROOT, VIOLATION, defect_side, report, sbesim

KINDS = ("doorbell", "zynqmp-ipi", "stm32-ipcc", "ti-fifo", "imx-mu", "imx-mu-doorbell", "arm-mhu", "fifo")
FLAGS = {"reliable": "", "unreliable": "sbesim,lossy; sbesim,duplicates;"}
SURPRISES = 1


@pytest.fixture
def mailbox(tmp_path):
    """Makes a platform: zynqmp with that kind of mailbox."""
    def make(kind, more=""):
        platform = tmp_path / f"{kind}.dts"
        platform.write_text(f'/dts-v1/;\n/include/ "{ROOT}/models/platforms/zynqmp.dts"\n'
                            f'&ipi {{ sbesim,kind = "{kind}"; {more} }};\n')
        return platform
    return make


@pytest.fixture(scope="session")
def echo(tmp_path_factory):
    """The example pair's images, as options."""
    top = tmp_path_factory.mktemp("echo")
    for side in ("host", "remote"):
        command = [BUILD / "sbesim-cc", ROOT / f"examples/echo_{side}.c", "-o", top / f"{side}.so"]
        subprocess.run(command, check=True, timeout=60)
    return "--host", top / "host.so", "--remote", top / "remote.so"


def run(image, platform):
    done = sbesim("run", "--host", image, "--remote", image, "--platform", platform)
    assert done.returncode == 0, done.stderr.decode() or done.stdout.decode()
    return done.stdout.decode().splitlines()


# ---- A pair that knows nothing of kinds ----------------------------------------------------------


@pytest.mark.parametrize("flags", FLAGS.values(), ids=FLAGS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_example_conforms_on_every_kind(kind, flags, mailbox, echo):
    said = report("conform", "--platform", mailbox(kind, flags), *echo, "--surprises", SURPRISES)
    assert (said["verdict"], said["violations"]) == ("pass", [])




@pytest.mark.parametrize("kind, trusted", [(kind, kind in ("ti-fifo", "fifo")) for kind in KINDS])
def test_a_wrong_token_matters_only_where_receivers_go_by_it(kind, trusted, mailbox):
    _, image = defect_side("token-other")
    said = report("conform", "--platform", mailbox(kind), "--remote", image, "--surprises", "0",
                  status=VIOLATION if trusted else 0)
    assert [v["clause"] for v in said["violations"]] == (["VRING-KICK-03"] if trusted else [])


# ---- Programs that use what a kind has -----------------------------------------------------------

# Disabled, an interrupt between the look and the WFI stays pending and ends the WFI at once.
AWAIT = """
#define AWAIT(condition) \\
	do { \\
		hw_irq_disable(); \\
		if (!(condition)) \\
			hw_wfi(0); \\
		hw_irq_enable(); \\
	} while (!(condition))
"""

QUEUE = AWAIT + """
static volatile uint64_t seen[16];
static volatile unsigned int count;

static void isr(void *arg, uint64_t token)
{
	(void)arg;
	seen[count++] = token;
}

static int host(void)
{
	unsigned int refused = 0;

	hw_remote_start();
	for (uint64_t token = 1; token <= 9; token++)
		while (hw_mbox_send(0, token << 33 | token)) {
			refused++;
			while (!hw_mbox_free(0))
				continue;
		}
	assert(refused > 0);
	puts("sent 9");
	return 0;
}

static int remote(void)
{
	hw_sleep_ns(100000);
	hw_mbox_register(0, isr, NULL);
	AWAIT(count == 9);
	for (unsigned int i = 0; i < 9; i++)
		assert((uint32_t)seen[i] == i + 1 && seen[i] >> 33 == (WIDE ? i + 1 : 0));
	puts("got 9 in order");
	return 0;
}
"""


@pytest.mark.parametrize("kind", ("ti-fifo", "imx-mu", "fifo"))
def test_tokens_arrive_in_order_and_a_full_queue_refuses(kind, mailbox, app):
    image = app(QUEUE, f"-DWIDE={int(kind == 'fifo')}")
    assert sorted(run(image, mailbox(kind))) == ["host: sent 9", "remote: got 9 in order"]


POLL = """
static int host(void)
{
	hw_remote_start();
	hw_sleep_ns(50000);
	for (uint64_t token = 1; token <= 3; token++)
		assert(hw_mbox_send(0, token) == 0);
	return 0;
}

static int remote(void)
{
	uint64_t token;

	for (uint64_t i = 1; i <= 3; i++) {
		while (!hw_mbox_poll(0, &token))
			continue;
		assert(token == i);
	}
	assert(hw_mbox_take_over(0) == -1 && hw_mbox_ack(0) == -1);
	puts("polled 3");
	return 0;
}
"""


def test_tokens_are_read_without_an_interrupt(mailbox, app):
    assert run(app(POLL), mailbox("fifo")) == ["remote: polled 3"]


NOBODY = """
static int host(void)
{
	while (hw_mbox_send(0, 1) == 0)
		continue;
	while (hw_mbox_send(0, 1))
		continue;
	return 0;
}

static int remote(void)
{
	return 0;
}
"""


def test_a_sender_that_waits_for_room_for_ever_is_a_hang(mailbox, app):
    image = app(NOBODY)
    said = report("conform", "--host", image, "--remote", image, "--platform", mailbox("fifo"), "--surprises", "0",
                  status=VIOLATION)
    assert [v["clause"] for v in said["violations"]] == ["SBE-LIVE-01"]


LATE = AWAIT + """
static volatile unsigned int calls;

static void isr(void *arg, uint64_t token)
{
	(void)arg;
	(void)token;
	calls++;
}

static int host(void)
{
	hw_remote_start();
	hw_sleep_ns(50000);
	assert(hw_mbox_free(0) && hw_mbox_send(0, 0) == 0);
	hw_sleep_ns(50000);
	assert(!hw_mbox_free(0));	/* it interrupted, and was not acknowledged */
	while (!hw_mbox_free(0))
		continue;
	assert(hw_time_ns() >= 300000);
	assert(hw_mbox_send(0, 0) == 0);
	puts("was free late");
	return 0;
}

static int remote(void)
{
	hw_mbox_register(0, isr, NULL);
	assert(hw_mbox_take_over(0) == 0);
	AWAIT(calls == 1);
	hw_sleep_ns(300000);
	assert(calls == 1 && hw_mbox_ack(0) == 0 && hw_mbox_ack(0) == -1);
	AWAIT(calls == 2);
	puts("called twice");
	return 0;
}
"""


@pytest.mark.parametrize("kind", ("zynqmp-ipi", "stm32-ipcc", "imx-mu-doorbell", "arm-mhu"))
def test_a_receiver_may_acknowledge_late(kind, mailbox, app):
    assert sorted(run(app(LATE), mailbox(kind))) == ["host: was free late", "remote: called twice"]


MESSAGE = AWAIT + """
static volatile bool rang;

static void isr(void *arg, uint64_t token)
{
	(void)arg;
	(void)token;
	rang = true;
}

static void await(void)
{
	AWAIT(rang);
	rang = false;
}

static int host(void)
{
	unsigned char message[33], answer[32];

	hw_mbox_register(0, isr, NULL);
	hw_remote_start();
	for (unsigned int i = 0; i < sizeof(message); i++)
		message[i] = (unsigned char)(3 * i);
	assert(hw_mbox_message_write(0, HW_MBOX_REQUEST, message, 33) == -1);
	assert(hw_mbox_message_write(0, HW_MBOX_REQUEST, message, 32) == 0);
	hw_mbox_send(0, 0);
	await();
	assert(hw_mbox_message_read(0, HW_MBOX_RESPONSE, answer, 32) == 0);
	for (unsigned int i = 0; i < 32; i++)
		assert(answer[i] == (unsigned char)(3 * i + 1));
	puts("answered");
	return 0;
}

static int remote(void)
{
	unsigned char message[32];

	hw_mbox_register(0, isr, NULL);
	await();
	assert(hw_mbox_message_read(0, HW_MBOX_REQUEST, message, 32) == 0);
	for (unsigned int i = 0; i < 32; i++)
		message[i]++;
	assert(hw_mbox_message_write(0, HW_MBOX_RESPONSE, message, 32) == 0);
	hw_mbox_send(0, 0);
	return 0;
}
"""


def test_messages_go_in_the_mailboxs_own_buffers(mailbox, app):
    assert run(app(MESSAGE), mailbox("zynqmp-ipi")) == ["host: answered"]
