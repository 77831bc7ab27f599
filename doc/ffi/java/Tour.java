// The tour of doc/ffi/README.md in Java, by JNA.
import com.sun.jna.Callback;
import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.DoubleByReference;
import com.sun.jna.ptr.PointerByReference;

public final class Tour {
    /** A size_t is the JVM's long here: JNA has no type of its own for it. */
    interface Genmod extends Library {
        interface Progress extends Callback {
            int call(Pointer report, Pointer user);
        }

        int genmod_version();
        String genmod_status_name(int status);
        int genmod_workspace_new(Pointer context, PointerByReference out);
        String genmod_workspace_error(Pointer w);
        void genmod_workspace_free(Pointer w);
        int genmod_config_set_str(Pointer c, String key, String v, Pointer w);
        void genmod_config_free(Pointer c);
        int genmod_data_new(PointerByReference out, Pointer w);
        int genmod_data_set_rows(Pointer x, int type, long n, long d, Pointer rows,
                long rowStride, long colStride, Pointer w);
        void genmod_data_free(Pointer x);
        int genmod_report_get(Pointer report, String key, DoubleByReference v);
        int gmm_config_new(PointerByReference out, Pointer w);
        int gmm_new(Pointer c, PointerByReference out, Pointer w);
        int gmm_fit(Pointer m, Pointer x, Progress f, Pointer user, Pointer w);
        int gmm_save(Pointer m, long cap, byte[] out, long[] need, Pointer w);
        int gmm_load(Pointer m, long n, byte[] bytes, Pointer w);
        int gmm_sample(Pointer m, long seed, long first, long n, int type, long bytes,
                byte[] out, int[] component, Pointer w);
        void gmm_free(Pointer m);
        int vae_config_new(PointerByReference out, Pointer w);
        int vae_new(Pointer c, PointerByReference out, Pointer w);
        int vae_fit(Pointer m, Pointer x, Pointer validation, Progress f, Pointer user,
                Pointer w);
        Pointer vae_report(Pointer m);
        int vae_save(Pointer m, long cap, byte[] out, long[] need, Pointer w);
        int vae_load(Pointer m, long n, byte[] bytes, Pointer w);
        int vae_sample(Pointer m, long seed, long first, long n, int what, int[] labels,
                int type, long bytes, byte[] out, Pointer w);
        void vae_free(Pointer m);
    }

    static final int N = 200, F64 = 2, DRAW = 1, TOO_SMALL = -4;
    static final Genmod LIB = Native.load("genmod", Genmod.class);

    static final class GenmodException extends RuntimeException {
        final int status;

        GenmodException(int status, Pointer w) {
            super(LIB.genmod_status_name(status) + ": " + LIB.genmod_workspace_error(w));
            this.status = status;
        }
    }

    /** What a thread calls with. */
    static final class Workspace implements AutoCloseable {
        final Pointer handle;

        Workspace() {
            PointerByReference out = new PointerByReference();
            if (LIB.genmod_workspace_new(null, out) != 0) {
                throw new OutOfMemoryError("genmod_workspace_new");
            }
            handle = out.getValue();
        }

        void need(int status) {
            if (status != 0) {
                throw new GenmodException(status, handle);
            }
        }

        public void close() {
            LIB.genmod_workspace_free(handle);
        }
    }

    interface Maker {
        int make(PointerByReference out);
    }

    interface Freer {
        void free(Pointer handle);
    }

    interface Writer {
        int write(long cap, byte[] out, long[] need);
    }

    /** A handle for a try block: freed there, not when a collector likes. */
    static final class Owned implements AutoCloseable {
        final Pointer handle;
        private final Freer freer;

        Owned(Workspace w, Maker maker, Freer freer) {
            PointerByReference out = new PointerByReference();
            w.need(maker.make(out));
            handle = out.getValue();
            this.freer = freer;
        }

        public void close() {
            freer.free(handle);
        }
    }

    static void set(Owned config, String key, String value, Workspace w) {
        w.need(LIB.genmod_config_set_str(config.handle, key, value, w.handle));
    }

    static byte[] save(Writer writer, Workspace w) {
        long[] n = new long[1];
        int status = writer.write(0, null, n); // tells the size
        if (status != TOO_SMALL) {
            w.need(status);
        }
        byte[] file = new byte[(int) n[0]];
        w.need(writer.write(file.length, file, null));
        return file;
    }

    static double epochs(Pointer report) {
        DoubleByReference v = new DoubleByReference();
        if (LIB.genmod_report_get(report, "epochs", v) != 0) {
            throw new IllegalStateException("epochs");
        }
        return v.getValue();
    }

    /** Ends the fit after two passes; keeps what is thrown away from C. */
    static final class Watch implements Genmod.Progress {
        int calls;
        RuntimeException thrown;

        public int call(Pointer report, Pointer user) {
            try {
                calls++;
                return epochs(report) >= 2 ? 1 : 0;
            } catch (RuntimeException e) {
                thrown = e;
                return -1;
            }
        }
    }

    static void printRows(String family, byte[] rows) {
        StringBuilder line = new StringBuilder(family).append(' ');
        for (byte b : rows) {
            line.append(String.format("%02x", b));
        }
        System.out.println(line);
    }

    static void tourGmm(Owned options, Owned rows, Workspace w) {
        byte[] drawn = new byte[64];
        try (Owned model = new Owned(w,
                        out -> LIB.gmm_new(options.handle, out, w.handle), LIB::gmm_free);
                Owned loaded = new Owned(w,
                        out -> LIB.gmm_new(null, out, w.handle), LIB::gmm_free)) {
            w.need(LIB.gmm_fit(model.handle, rows.handle, null, null, w.handle));
            byte[] file = save((cap, out, need) ->
                    LIB.gmm_save(model.handle, cap, out, need, w.handle), w);
            w.need(LIB.gmm_load(loaded.handle, file.length, file, w.handle));
            w.need(LIB.gmm_sample(loaded.handle, 7, 0, 4, F64, drawn.length, drawn, null,
                    w.handle));
        }
        printRows("gmm", drawn);
    }

    static void tourVae(Owned options, Owned rows, Workspace w) {
        byte[] drawn = new byte[64];
        Watch watch = new Watch(); // reachable as long as C may call it
        try (Owned model = new Owned(w,
                        out -> LIB.vae_new(options.handle, out, w.handle), LIB::vae_free);
                Owned loaded = new Owned(w,
                        out -> LIB.vae_new(null, out, w.handle), LIB::vae_free)) {
            int status = LIB.vae_fit(model.handle, rows.handle, null, watch, null, w.handle);
            if (watch.thrown != null) {
                throw watch.thrown;
            }
            w.need(status);
            System.out.printf("vae stopped after %.0f passes, %d calls%n",
                    epochs(LIB.vae_report(model.handle)), watch.calls);
            byte[] file = save((cap, out, need) ->
                    LIB.vae_save(model.handle, cap, out, need, w.handle), w);
            w.need(LIB.vae_load(loaded.handle, file.length, file, w.handle));
            w.need(LIB.vae_sample(loaded.handle, 7, 0, 4, DRAW, null, F64, drawn.length,
                    drawn, w.handle));
        }
        printRows("vae", drawn);
    }

    public static void main(String[] arguments) {
        // Memory of C: the view borrows it, and arrays of the JVM move.
        Memory x = new Memory(N * 2 * 8);
        for (int i = 0; i < N; i++) {
            x.setDouble(16 * i, 37 * i % 101 / 16.0 + 8 * (i % 2));
            x.setDouble(16 * i + 8, 53 * i % 97 / 16.0 + 4 * (i % 2));
        }
        System.out.println("version " + LIB.genmod_version());
        try (Workspace w = new Workspace();
                Owned rows = new Owned(w,
                        out -> LIB.genmod_data_new(out, w.handle), LIB::genmod_data_free);
                Owned mixture = new Owned(w,
                        out -> LIB.gmm_config_new(out, w.handle), LIB::genmod_config_free);
                Owned autoencoder = new Owned(w,
                        out -> LIB.vae_config_new(out, w.handle), LIB::genmod_config_free)) {
            w.need(LIB.genmod_data_set_rows(rows.handle, F64, N, 2, x, 0, 0, w.handle));
            try {
                set(mixture, "componets", "2", w);
            } catch (GenmodException e) {
                System.out.println("error " + e.getMessage());
            }
            set(mixture, "components", "2", w);
            tourGmm(mixture, rows, w);
            set(autoencoder, "encoder", "dense 8; tanh", w);
            set(autoencoder, "code", "1", w);
            set(autoencoder, "batch_size", "50", w);
            tourVae(autoencoder, rows, w);
        }
        x.clear(); // and so it lived until here
    }
}
