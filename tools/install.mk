# SPDX-License-Identifier: GPL-2.0-only
#
# make install, make uninstall: below $(DESTDIR)$(PREFIX)

SBINDIR       := $(PREFIX)/sbin
MANDIR        := $(PREFIX)/share/man/man8
COMPLETIONDIR := $(PREFIX)/share/bash-completion/completions
# Distributions that keep / and /usr apart have their units in /lib; with the others it is the same.
UNITDIR       := $(if $(filter /usr,$(PREFIX)),,$(PREFIX))/lib/systemd/system
UDEVDIR       := $(if $(filter /usr,$(PREFIX)),,$(PREFIX))/lib/udev/rules.d

INSTALLED := $(SBINDIR)/rfsctl $(MANDIR)/rfsctl.8 $(COMPLETIONDIR)/rfsctl \
	$(UNITDIR)/rfs@.service $(UNITDIR)/rfs-refresh.service $(UDEVDIR)/90-rfs.rules

install: $(B)/rfsctl
	install -D -m 755 $(B)/rfsctl $(DESTDIR)$(SBINDIR)/rfsctl
	install -D -m 644 docs/rfsctl.8 $(DESTDIR)$(MANDIR)/rfsctl.8
	install -D -m 644 tools/completion/rfsctl.bash $(DESTDIR)$(COMPLETIONDIR)/rfsctl
	install -D -m 644 tools/udev/90-rfs.rules.in $(DESTDIR)$(UDEVDIR)/90-rfs.rules
	install -d $(DESTDIR)$(UNITDIR)
	for unit in rfs@.service rfs-refresh.service; do \
		sed -e '/@SANDBOX@/ { r tools/systemd/sandbox.in' -e 'd }' -e 's|@SBINDIR@|$(SBINDIR)|' \
			tools/systemd/$$unit.in >$(DESTDIR)$(UNITDIR)/$$unit || exit; \
		chmod 644 $(DESTDIR)$(UNITDIR)/$$unit; \
	done

# Below a DESTDIR, empty folders go too; without, they may have been there before.
uninstall:
	rm -f $(INSTALLED:%=$(DESTDIR)%)
	$(if $(DESTDIR),[ ! -d $(DESTDIR) ] || cd $(DESTDIR) && \
		for d in $(patsubst /%,%,$(dir $(INSTALLED))); do \
			[ ! -d $$d ] || rmdir -p --ignore-fail-on-non-empty $$d; \
		done)

.PHONY: install uninstall
