"""How the members of a request reach the parameters of an operation."""

from skyglobe.kernel.service import Service


def test_a_member_without_effect_is_left_out_every_time():
    sts = Service("sts")

    @sts.operation(unused=("TokenCode",))
    def get_session_token(call, duration_seconds=None, serial_number=None):
        return duration_seconds, serial_number

    operation = sts.operations["GetSessionToken"]
    for _ in range(3):
        assert operation.perform(None, {"DurationSeconds": 900, "TokenCode": "123456"}) == (900, None)
        assert operation.perform(None, {"TokenCode": "123456", "SerialNumber": "s"}) == (None, "s")
        assert operation.perform(None, {"DurationSeconds": 901}) == (901, None)
