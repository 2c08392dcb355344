# SPDX-License-Identifier: ISC
"""The real parts that the system tests are made of: each starts, steers and ends one kind of process."""
